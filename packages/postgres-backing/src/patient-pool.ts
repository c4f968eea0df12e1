import { WorkingClock } from '@sess/working-time';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Queryable, QueryConfig, QueryResult } from './queryable.ts';

/**
 * A pool of `pg` whose deadlines a busy process does not run into: its own count time in which this process was
 * blocked, and blame the server for it.
 */
export class PatientPool implements Queryable {
  readonly #pool: Pool;
  readonly #timeoutMs: number;

  /**
   * @param timeoutMs how long a connection may take; a statement twice as long, after which its connection is given up
   */
  constructor(config: PoolConfig, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#pool = new Pool({ ...config, connectionTimeoutMillis: timeoutMs });
    // An idle connection that is lost is replaced when it is needed; without a listener it would end the process.
    this.#pool.on('error', () => {});
  }

  async query(config: QueryConfig): Promise<QueryResult>;
  async query(sql: string): Promise<unknown>;
  async query(what: QueryConfig | string): Promise<unknown> {
    const client = await this.#connect();
    const patience = new WorkingClock();
    const tooLate = new Promise<never>((_, reject) => {
      patience.start(2 * this.#timeoutMs, () => reject(new Error(`no answer within ${2 * this.#timeoutMs} ms`)));
    });
    try {
      const result = await Promise.race([client.query(what), tooLate]);
      client.release();
      return result;
    } catch (error) {
      // Where the server is gone rather than slow nobody but this process can end the wait: the connection is not used
      // again.
      client.release(true);
      throw error;
    } finally {
      patience.stop();
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  /**
   * A timeout of the pool that comes while this process still has time is of its own making: nothing was sent, and
   * another connection is asked for.
   */
  async #connect(): Promise<PoolClient> {
    const patience = new WorkingClock();
    patience.start(this.#timeoutMs, () => {});
    try {
      for (;;) {
        try {
          return await this.#pool.connect();
        } catch (error) {
          if (!patience.running || !isConnectionTimeout(error)) throw error;
        }
      }
    } finally {
      patience.stop();
    }
  }
}

/** What `pg-pool` and `pg` say of their own timers; they have no code. */
function isConnectionTimeout(error: unknown): boolean {
  return (
    error instanceof Error &&
    /timeout exceeded when trying to connect|due to connection timeout|timeout expired/.test(error.message)
  );
}
