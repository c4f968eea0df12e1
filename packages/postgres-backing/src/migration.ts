import { checkTable } from './options.ts';

/**
 * Class of advisory locks: "sess" in ASCII. One lock is held while tables are created, so that processes that start
 * together take turns; another while expired rows are removed.
 */
const LOCK_CLASS = 0x73657373;
const MIGRATE_LOCK: readonly [number, number] = [LOCK_CLASS, 1];
export const CLEAN_UP_LOCK: readonly [number, number] = [LOCK_CLASS, 2];

/**
 * The SQL that creates the tables, for one transaction. It is idempotent, and several processes may run it at once.
 * `migrate()` runs it; print it with `sess-postgres sql` if the application may not create tables.
 *
 * @throws {PostgresBackingError} `SESS_BAD_OPTION` if the table's name is not valid.
 */
export function migrationSql(table = 'sess_sessions'): string {
  const name = checkTable(table);
  const bare = name.slice(name.indexOf('.') + 1);
  return `select pg_advisory_xact_lock(${MIGRATE_LOCK.join(', ')});

create table if not exists ${name} (
  -- The storage key: a prefix and the SHA-256 of the session's id. The id itself is nowhere.
  id text collate "C" primary key,
  -- The session, encoded, and encrypted where that is configured; empty once it was destroyed.
  value bytea not null,
  -- Rises with every save.
  version bigint not null,
  user_id text,
  saved_at timestamptz not null default now(),
  -- When the session ends unless it is used; of a destroyed one, until when no save may bring it back.
  expires_at timestamptz not null,
  destroyed boolean not null default false
);

create index if not exists ${bare}_user on ${name} (user_id, expires_at) where user_id is not null;
create index if not exists ${bare}_expiry on ${name} (expires_at);

-- Where the cache may hold less than this database does.
create table if not exists ${name}_doubts (
  place text collate "C" primary key,
  until timestamptz not null
);
`;
}
