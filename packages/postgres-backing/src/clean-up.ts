import type { Connection } from './connection.ts';
import type { Statements } from './statements.ts';

export interface CleanUpOptions {
  /** Most rows removed by one statement. Default 1,000. */
  readonly batch?: number;
  /** Most statements. Default 20. */
  readonly batches?: number;
  /** Stops it between two statements. */
  readonly signal?: AbortSignal;
}

const DEFAULT_BATCH = 1_000;
const DEFAULT_BATCHES = 20;

/** Removes expired rows at intervals: a bounded number each time, in small statements, and by one process at a time. */
export class CleanUp {
  readonly #connection: Connection;
  readonly #statements: Statements;
  readonly #intervalMs: number;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> | undefined;

  constructor(connection: Connection, statements: Statements, intervalMs: number) {
    this.#connection = connection;
    this.#statements = statements;
    this.#intervalMs = intervalMs;
    this.#schedule();
  }

  async run({ batch = DEFAULT_BATCH, batches = DEFAULT_BATCHES, signal }: CleanUpOptions): Promise<number> {
    let removed = 0;
    for (let round = 0; round < batches; round++) {
      if (signal?.aborted) return removed;
      const { rows } = await this.#connection.run('cleanUp', this.#statements.cleanUp, [batch], undefined);
      removed += rows.length;
      if (rows.length < batch) break;
    }
    await this.#connection.run('cleanUpDoubts', this.#statements.cleanUpDoubts, [], undefined);
    return removed;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** With jitter, so that processes that started together do not all run it at once. */
  #schedule(): void {
    if (this.#intervalMs === 0 || this.#closing.signal.aborted) return;
    this.#timer = setTimeout(
      () => {
        // Ignores failures, which requests for sessions report too; the next run tries again.
        this.#running = Promise.allSettled([this.run({ signal: this.#closing.signal })]).then(() => this.#schedule());
      },
      this.#intervalMs * (0.75 + Math.random() / 2),
    );
    this.#timer.unref();
  }
}
