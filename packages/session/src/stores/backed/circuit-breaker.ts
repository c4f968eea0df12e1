import { WorkingClock } from '@sess/working-time';
import { publish, type BackingEvent } from '../../diagnostics.ts';
import type { OutageLog } from '../../lifecycle/outage-log.ts';
import { SessionError, type SessionErrorCode } from '../../errors.ts';
import type { ResolvedBacking } from './backing-options.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Consecutive failures after which the breaker opens: no requests for a while. */
const FAILURES = 5;
const MIN_REST_MS = 500;
const MAX_REST_MS = 10_000;

type Operation = BackingEvent['operation'];

/** The key for the log of outages: a database has no parts that fail separately. */
const WHOLE = '';

/**
 * Every request to the database passes through here. It limits requests at the same time and loads per second. Each
 * request has a deadline, which does not count time in which this process was busy. A database that keeps failing gets
 * no requests for a while, so that requests fail at once instead of timing out one by one.
 */
export class CircuitBreaker {
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #outages: OutageLog;
  readonly #loads: RateLimiter;
  readonly #writes: RateLimiter;
  #failures = 0;
  #restMs = MIN_REST_MS;
  #resting: { readonly until: number; readonly cause: unknown } | undefined;

  constructor({ backing, limits }: ResolvedBacking, now: () => number, outages: OutageLog) {
    this.#name = backing.name ?? 'database';
    this.#timeoutMs = limits.timeoutMs;
    this.#now = now;
    this.#outages = outages;
    const { concurrency, queued, timeoutMs: waitMs, loadsPerSecond } = limits;
    this.#loads = new RateLimiter({ concurrency, queued, waitMs, perSecond: loadsPerSecond });
    this.#writes = new RateLimiter({ concurrency, queued, waitMs });
  }

  /** Whether the breaker is open because the database kept failing. */
  get isResting(): boolean {
    return this.#resting !== undefined;
  }

  /**
   * @throws {SessionError} `SESS_UNAVAILABLE`: the database failed or did not answer in time, the breaker is open, or
   *   the queue was full or too slow. A write may or may not have happened. `SESS_BAD_DATA`: the database answered and
   *   refuses the data.
   */
  async run<T>(operation: Operation, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#refuseWhileResting(operation);
    const entered = (operation === 'load' ? this.#loads : this.#writes).enter();
    const leave = entered instanceof Promise ? await entered : entered;
    if (leave === undefined) {
      throw this.#failed(
        operation,
        `${this.#name}: no turn for a ${operation} within ${this.#timeoutMs} ms (backingLimits)`,
        undefined,
      );
    }
    try {
      return await this.#timed(operation, work);
    } finally {
      leave();
    }
  }

  async #timed<T>(operation: Operation, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const aborter = new AbortController();
    const timer = new WorkingClock();
    const tooLate = new Promise<never>((_, reject) => {
      timer.start(this.#timeoutMs, () => {
        const error = new Error(`no answer within ${this.#timeoutMs} ms`);
        aborter.abort(error);
        reject(error);
      });
    });
    try {
      const result = await Promise.race([work(aborter.signal), tooLate]);
      this.#answered();
      publish('backing', () => ({ backing: this.#name, operation, outcome: 'done' }));
      return result;
    } catch (error) {
      if (refusesData(error)) {
        this.#answered();
        throw this.#failed(
          operation,
          `${this.#name}: the database refuses a ${operation} because of its data`,
          error,
          'SESS_BAD_DATA',
        );
      }
      this.#count(error);
      // Only the cause says why: it may name the server, and this text may reach a browser.
      throw this.#failed(operation, `${this.#name}: a ${operation} failed`, error);
    } finally {
      timer.stop();
    }
  }

  /** After the pause, lets one request through per `timeoutMs`; if it fails, the next pause begins. */
  #refuseWhileResting(operation: Operation): void {
    if (this.#resting === undefined) return;
    const { until, cause } = this.#resting;
    const now = this.#now();
    // A clock that was set back must not extend the pause.
    if (now < until && until - now <= MAX_REST_MS) {
      throw this.#failed(
        operation,
        `${this.#name}: failed ${FAILURES} times in a row; the next request is allowed in ${until - now} ms`,
        cause,
      );
    }
    this.#resting = { until: now + this.#timeoutMs, cause };
  }

  #answered(): void {
    this.#failures = 0;
    this.#restMs = MIN_REST_MS;
    this.#resting = undefined;
    this.#outages.succeeded(WHOLE);
  }

  #count(error: unknown): void {
    this.#failures += 1;
    if (this.#failures < FAILURES) return;
    this.#resting = { until: this.#now() + this.#restMs, cause: error };
    this.#restMs = Math.min(MAX_REST_MS, this.#restMs * 2);
  }

  #failed(
    operation: Operation,
    message: string,
    cause: unknown,
    code: SessionErrorCode = 'SESS_UNAVAILABLE',
  ): SessionError {
    const error = new SessionError(code, message, cause === undefined ? {} : { cause });
    this.#outages.failed(WHOLE, error);
    publish('backing', () => ({ backing: this.#name, operation, outcome: 'failed', error }));
    return error;
  }
}

/** Whether the database answered and refuses the data: see {@link Backing}. */
function refusesData(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'SESS_BAD_DATA';
}
