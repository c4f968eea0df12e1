import type {
  BackedSession,
  Backing,
  BackingDestroyed,
  BackingSaved,
  BackingTouch,
  CacheDoubt,
  SessionToSave,
  UserSession,
} from '@sess/session';
import { CleanUp, type CleanUpOptions } from './clean-up.ts';
import { connectTo, type Connection } from './connection.ts';
import { migrationSql } from './migration.ts';
import { resolvePostgresOptions, type PostgresBackingOptions } from './options.ts';
import { statementsFor, type Statements } from './statements.ts';

export type { CleanUpOptions } from './clean-up.ts';

/** Keeps sessions in PostgreSQL, behind the cache. */
export interface PostgresBacking extends Required<Backing> {
  /**
   * Creates the tables if they are missing. Idempotent; processes that start together take turns.
   *
   * @throws {PostgresBackingError} `SESS_DATABASE_DENIED` if the user may not create tables: run the SQL of
   *   `migrationSql()` as a user who may.
   */
  migrate(): Promise<void>;
  /**
   * Removes rows that expired over a minute ago, and resolves with their number; 0 also if another process is removing
   * them. Runs by itself every `cleanUpIntervalMs`.
   *
   * @throws {PostgresBackingError}
   */
  cleanUp(options?: CleanUpOptions): Promise<number>;
}

/**
 * A backing that keeps sessions in PostgreSQL 12 or later.
 *
 * @throws {PostgresBackingError} `SESS_BAD_OPTION`, before anything is opened.
 */
export function postgresBacking(given: PostgresBackingOptions): PostgresBacking {
  const options = resolvePostgresOptions(given);
  return new PostgresSessions(
    connectTo(options),
    statementsFor(options.table),
    options.table,
    options.cleanUpIntervalMs,
  );
}

/** Values of `replaces` for the statement. */
const REPLACES = { absent: -1, older: -2 } as const;

class PostgresSessions implements PostgresBacking {
  readonly name = 'postgres';
  readonly #connection: Connection;
  readonly #statements: Statements;
  readonly #table: string;
  readonly #cleanUp: CleanUp;

  constructor(connection: Connection, statements: Statements, table: string, cleanUpIntervalMs: number) {
    this.#connection = connection;
    this.#statements = statements;
    this.#table = table;
    this.#cleanUp = new CleanUp(connection, statements, cleanUpIntervalMs);
  }

  migrate(): Promise<void> {
    return this.#connection.runAll(migrationSql(this.#table));
  }

  async ready(): Promise<void> {
    await this.#run('load', ['']);
  }

  async load(id: string, signal: AbortSignal): Promise<BackedSession | 'destroyed' | undefined> {
    const { rows } = await this.#run('load', [id], signal);
    const row: LoadedRow | undefined = rows[0];
    if (row === undefined) return undefined;
    if (row.destroyed) return row.expires_at > Date.now() ? 'destroyed' : undefined;
    return {
      value: row.value,
      version: Number(row.version),
      expiresAt: row.expires_at,
      user: row.user_id ?? undefined,
    };
  }

  async save(
    id: string,
    { value, version, expiresAt, user, replaces }: SessionToSave,
    signal: AbortSignal,
  ): Promise<BackingSaved> {
    const over = typeof replaces === 'number' ? replaces : REPLACES[replaces];
    const now = Date.now();
    const { rows } = await this.#run('save', [id, bytes(value), version, expiresAt, over, user ?? null, now], signal);
    if (rows.length > 0) return 'saved';
    const refused = await this.#run('saved', [id, version, now, over, bytes(value)], signal);
    const row: { outcome: BackingSaved } | undefined = refused.rows[0];
    return row?.outcome ?? 'missing';
  }

  async destroy(id: string, until: number, signal: AbortSignal): Promise<BackingDestroyed> {
    const values = [id, until, Date.now()];
    const end = async (): Promise<BackingDestroyed | undefined> => {
      const { rows } = await this.#run('destroy', values, signal);
      const row: { already: boolean } | undefined = rows[0];
      return row && (row.already ? 'already' : 'destroyed');
    };
    const ended = await end();
    if (ended !== undefined) return ended;
    const marked = await this.#run('insertTombstone', values, signal);
    if (marked.rows.length > 0) return 'unknown';
    // Another process stored a row between the two statements.
    return (await end()) ?? 'already';
  }

  async touch(touches: readonly BackingTouch[], signal: AbortSignal): Promise<void> {
    if (touches.length === 0) return;
    await this.#run('touch', [touches.map(({ id }) => id), touches.map(({ expiresAt }) => expiresAt)], signal);
  }

  async doubt(places: readonly string[], until: number, signal: AbortSignal): Promise<void> {
    await this.#run('doubt', [places, until], signal);
  }

  async doubts(signal: AbortSignal): Promise<readonly CacheDoubt[]> {
    const { rows } = await this.#run('doubts', [], signal);
    return rows.map(({ place, until }: CacheDoubt) => ({ place, until }));
  }

  async ofUser(user: string, signal: AbortSignal): Promise<readonly UserSession[]> {
    const { rows } = await this.#run('ofUser', [user, Date.now()], signal);
    return rows.map((row: ListedRow) => ({ key: row.id, savedAt: row.saved_at, expiresAt: row.expires_at }));
  }

  cleanUp(options: CleanUpOptions = {}): Promise<number> {
    return this.#cleanUp.run(options);
  }

  async close(): Promise<void> {
    await this.#cleanUp.close();
    await this.#connection.close();
  }

  #run(name: keyof Statements, values: unknown[], signal?: AbortSignal): ReturnType<Connection['run']> {
    return this.#connection.run(name, this.#statements[name], values, signal);
  }
}

interface LoadedRow {
  readonly value: Uint8Array;
  /** As text: `pg` returns a bigint as a string, because a number can't hold them all. */
  readonly version: string;
  readonly user_id: string | null;
  readonly destroyed: boolean;
  readonly expires_at: number;
}

interface ListedRow {
  readonly id: string;
  readonly saved_at: number;
  readonly expires_at: number;
}

/** `pg` sends a Buffer as bytes, but other Uint8Arrays as JSON. */
function bytes(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
