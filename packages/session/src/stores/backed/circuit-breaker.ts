import { WorkingClock } from '@sess/working-time';
import { publish, type BackingEvent } from '../../diagnostics.ts';
import type { OutageLog } from '../../lifecycle/outage-log.ts';
import { SessionError, type SessionErrorCode } from '../../errors.ts';
import type { ResolvedBacking } from './backing-options.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Failures in a row after which the database is left alone for a while. */
const FAILURES = 5;
const MIN_REST_MS = 500;
const MAX_REST_MS = 10_000;

type Operation = BackingEvent['operation'];

/** For the log of outages: a database has no parts that fail by themselves. */
const WHOLE = '';

/**
 * Every request to the database passes through here. It has a deadline that does not count time in which this process
 * was busy; the number of requests at once, and per second, is limited; and a database that keeps failing is not asked
 * for a while, so that requests do not wait for it one by one.
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

  /** Whether the database kept failing, and is left alone. */
  get isResting(): boolean {
    return this.#resting !== undefined;
  }

  /**
   * @throws {SessionError} `SESS_UNAVAILABLE`: the database failed, did not answer in time, is being left alone, or
   *   there was no turn. What was written may have been written. `SESS_BAD_DATA`: it answered, and refuses what it was
   *   given.
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
    const patience = new WorkingClock();
    const tooLate = new Promise<never>((_, reject) => {
      patience.start(this.#timeoutMs, () => {
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
      // Why is in the cause: it may name the server, and this may reach a browser.
      throw this.#failed(operation, `${this.#name}: a ${operation} failed`, error);
    } finally {
      patience.stop();
    }
  }

  /** When the pause is over, one request is let through at a time: if it fails, the next pause begins. */
  #refuseWhileResting(operation: Operation): void {
    if (this.#resting === undefined) return;
    const { until, cause } = this.#resting;
    const now = this.#now();
    // A clock that was set back must not prolong the pause.
    if (now < until && until - now <= MAX_REST_MS) {
      throw this.#failed(
        operation,
        `${this.#name}: failed ${FAILURES} times in a row, is asked again in ${until - now} ms`,
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

/** Whether the database answered, and refuses what it was given: see {@link Backing}. */
function refusesData(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'SESS_BAD_DATA';
}
