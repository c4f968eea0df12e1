import { CLEAN_UP_LOCK } from './migration.ts';

/** Converts milliseconds since 1970 to PostgreSQL's time, and back. */
const time = (parameter: string): string => `to_timestamp(${parameter}::double precision / 1000)`;
const milliseconds = (column: string): string => `round(extract(epoch from ${column}) * 1000)::double precision`;

/** Expired sessions and marks of destruction are kept longer than needed, because clocks may differ. */
const GRACE = `interval '1 minute'`;
/** As long as a session may stay in a cache that is out of reach. */
const DOUBT_LIFE = `interval '30 days'`;

/** All statements for one table. */
export interface Statements {
  readonly load: string;
  readonly save: string;
  readonly saved: string;
  readonly destroy: string;
  readonly insertTombstone: string;
  readonly touch: string;
  readonly doubt: string;
  readonly doubts: string;
  readonly ofUser: string;
  readonly cleanUp: string;
  readonly cleanUpDoubts: string;
}

/** Most sessions of a user that are listed. */
const MOST_LISTED = 1_000;

export function statementsFor(table: string): Statements {
  return Object.freeze({
    load: `select value, version::text, user_id, destroyed, ${milliseconds('expires_at')} as expires_at from ${table} where id = $1`,

    // $5: what may be replaced: -1 no live session, -2 any older version, otherwise up to this version. $7: now, by the
    // clock of the application server. Without a row it inserts, unless one was expected; with a row the condition
    // decides, on the row as it is once it is locked.
    save: `insert into ${table} as present (id, value, version, expires_at, user_id)
      select $1::text, $2::bytea, $3::bigint, ${time('$4')}, $6::text
      where $5::bigint < 0 or exists (select from ${table} where id = $1::text)
      on conflict (id) do update
      set value = excluded.value, version = excluded.version, expires_at = excluded.expires_at, user_id = excluded.user_id, saved_at = now(), destroyed = false
      where case
        when present.destroyed then present.expires_at <= ${time('$7')} and $5::bigint < 0
        when $5::bigint = -1 then present.expires_at <= ${time('$7')}
        when $5::bigint = -2 then present.version < excluded.version
        else present.expires_at > ${time('$7')} and present.version <= $5::bigint
      end
      returning 1`,

    // Why a save was refused.
    saved: `select case
        when destroyed and expires_at > ${time('$3')} then 'destroyed'
        when not destroyed and version = $2::bigint and value = $5::bytea then 'saved'
        when $4::bigint >= 0 and (destroyed or expires_at <= ${time('$3')}) then 'missing'
        else 'newer'
      end as outcome from ${table} where id = $1`,

    // A row that has not expired: a session, or the mark of an earlier destruction. It is locked before it is read, so
    // of several processes one sees the session. $3: now, by the clock of the application server.
    destroy: `update ${table} as present
      set destroyed = true, value = '', user_id = null, saved_at = now(), expires_at = greatest(present.expires_at, ${time('$2')})
      from (select id, destroyed from ${table} where id = $1 and expires_at > ${time('$3')} for update) as before
      where present.id = before.id
      returning before.destroyed as already`,

    // Without such a row: marks the id as destroyed anyway, unless another process was faster.
    insertTombstone: `insert into ${table} as present (id, value, version, expires_at, destroyed) values ($1, '', 0, ${time('$2')}, true)
      on conflict (id) do update
      set destroyed = true, value = '', user_id = null, saved_at = now(), expires_at = excluded.expires_at
      where present.expires_at <= ${time('$3')}
      returning 1`,

    // Locks rows in the order of their ids, so that two batches never deadlock.
    touch: `with given as (select id, max(at) as at from unnest($1::text[], $2::double precision[]) as touches (id, at) group by id),
      locked as (
        select stored.id, given.at from ${table} as stored join given on stored.id = given.id
        where not stored.destroyed and stored.expires_at < ${time('given.at')} order by stored.id for update of stored
      )
      update ${table} as stored set expires_at = ${time('locked.at')} from locked where stored.id = locked.id`,

    doubt: `insert into ${table}_doubts as present (place, until) select place, ${time('$2')} from unnest($1::text[]) as places (place) order by place
      on conflict (place) do update set until = excluded.until where present.until < excluded.until`,

    doubts: `select place, ${milliseconds('until')} as until from ${table}_doubts`,

    ofUser: `select id, ${milliseconds('saved_at')} as saved_at, ${milliseconds('expires_at')} as expires_at from ${table}
      where user_id = $1 and not destroyed and expires_at > ${time('$2')} order by expires_at desc limit ${MOST_LISTED}`,

    // One process at a time: the lock is held for this statement only. Skips rows that others have locked.
    cleanUp: `with turn as materialized (select pg_try_advisory_xact_lock(${CLEAN_UP_LOCK.join(', ')}) as mine),
      expired as (
        select id from ${table} where (select mine from turn) and expires_at < now() - ${GRACE}
        order by expires_at limit $1::bigint for update skip locked
      )
      delete from ${table} using expired where ${table}.id = expired.id returning 1`,

    cleanUpDoubts: `delete from ${table}_doubts where until < now() - ${DOUBT_LIFE}`,
  });
}
