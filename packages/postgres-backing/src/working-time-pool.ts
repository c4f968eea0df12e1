import { WorkingClock } from '@sess/working-time';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Queryable, QueryConfig, QueryResult } from './queryable.ts';

/**
 * A pool of `pg` whose deadlines do not count time in which this process was blocked. The deadlines of `pg` itself
 * count it, and their errors blame the server.
 */
export class WorkingTimePool implements Queryable {
  readonly #pool: Pool;
  readonly #timeoutMs: number;

  /**
   * @param timeoutMs how long connecting may take; a statement may take twice as long, after which its connection is
   *   closed
   */
  constructor(config: PoolConfig, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#pool = new Pool({ ...config, connectionTimeoutMillis: timeoutMs });
    // The pool replaces a lost idle connection when needed; without a listener the `error` event would end the process.
    this.#pool.on('error', () => {});
  }

  async query(config: QueryConfig): Promise<QueryResult>;
  async query(sql: string): Promise<unknown>;
  async query(what: QueryConfig | string): Promise<unknown> {
    const client = await this.#connect();
    const timer = new WorkingClock();
    const tooLate = new Promise<never>((_, reject) => {
      timer.start(2 * this.#timeoutMs, () => reject(new Error(`no answer within ${2 * this.#timeoutMs} ms`)));
    });
    try {
      const result = await Promise.race([client.query(what), tooLate]);
      client.release();
      return result;
    } catch (error) {
      // Close the connection: if the server is gone, only this process can end the wait.
      client.release(true);
      throw error;
    } finally {
      timer.stop();
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  /**
   * Retries if the pool times out although the working time is not over: this process was blocked, and nothing was sent
   * yet.
   */
  async #connect(): Promise<PoolClient> {
    const timer = new WorkingClock();
    timer.start(this.#timeoutMs, () => {});
    try {
      for (;;) {
        try {
          return await this.#pool.connect();
        } catch (error) {
          if (!timer.running || !isConnectionTimeout(error)) throw error;
        }
      }
    } finally {
      timer.stop();
    }
  }
}

/** Matches the messages of timeouts of `pg-pool` and `pg`, which have no code. */
function isConnectionTimeout(error: unknown): boolean {
  return (
    error instanceof Error &&
    /timeout exceeded when trying to connect|due to connection timeout|timeout expired/.test(error.message)
  );
}
