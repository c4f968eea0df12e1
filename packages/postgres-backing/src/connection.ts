import { meaningOf } from './errors.ts';
import type { ResolvedPostgresOptions } from './options.ts';
import { WorkingTimePool } from './working-time-pool.ts';
import type { Queryable, QueryResult } from './queryable.ts';

/** Sends statements to PostgreSQL, over the application's connections or its own. */
export interface Connection {
  /** @throws {PostgresBackingError} */
  run(name: string, text: string, values: unknown[], signal: AbortSignal | undefined): Promise<QueryResult>;
  /** Several statements without values, as one transaction. @throws {PostgresBackingError} */
  runAll(sql: string): Promise<void>;
  close(): Promise<void>;
}

export function connectTo(options: ResolvedPostgresOptions): Connection {
  const { source } = options;
  if (source.kind === 'pool') return connection(source.pool, options.table, async () => {});
  const { statementTimeoutMs, connections } = options;
  const pool = new WorkingTimePool(
    {
      connectionString: source.connectionString,
      max: connections,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 60_000,
      application_name: 'sess',
      allowExitOnIdle: true,
    },
    statementTimeoutMs,
  );
  let closing: Promise<void> | undefined;
  return connection(pool, options.table, () => (closing ??= pool.end()));
}

function connection(pool: Queryable, table: string, close: () => Promise<void>): Connection {
  return {
    async run(name, text, values, signal) {
      try {
        signal?.throwIfAborted();
        return await pool.query({ name: `sess ${table} ${name}`.slice(0, 63), text, values });
      } catch (error) {
        throw meaningOf(error);
      }
    },
    async runAll(sql) {
      try {
        await pool.query(sql);
      } catch (error) {
        throw meaningOf(error);
      }
    },
    close,
  };
}
