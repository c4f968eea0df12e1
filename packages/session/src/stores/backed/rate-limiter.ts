import { WorkingClock } from '@sess/working-time';

/** Limits of a {@link RateLimiter}. */
export interface RateLimits {
  /** Most holders at the same time. */
  readonly concurrency: number;
  /** Most entries within any one second. Default: no limit. */
  readonly perSecond?: number;
  /** Most waiting callers. */
  readonly queued: number;
  /**
   * How long a caller waits, in milliseconds. Time in which this process was busy does not count, because it is not the
   * database's fault.
   */
  readonly waitMs: number;
}

interface Waiter {
  enter(): void;
  giveUp(): void;
  readonly dueAt: number;
}

/** The share of a second's entries that may come at once. */
const BURST = 0.1;
/** Rounding error of sums of fractions of milliseconds. */
const ROUNDING_MS = 0.001;

/**
 * Limits holders at the same time and entries in any one second. A bounded number of callers waits, each for a bounded
 * time, first come first served.
 *
 * After a burst of a tenth of a second's entries, the others follow one by one. If a second's entries could all come at
 * once, the database would see those of two seconds in one as soon as it answers some of them late.
 */
export class RateLimiter {
  readonly #bounds: RateLimits;
  readonly #waiting = new Set<Waiter>();
  /** One clock is enough: all wait equally long, so the first to come is the first to give up. */
  readonly #timer = new WorkingClock();
  /**
   * The average interval between entries, and how far ahead of it they may be: the generic cell rate algorithm (ITU-T
   * I.371).
   */
  readonly #intervalMs: number;
  readonly #aheadMs: number;
  /** When the next entry would be due at equal intervals. */
  #dueAt = -Infinity;
  #inside = 0;
  #wake: NodeJS.Timeout | undefined;

  constructor(bounds: RateLimits) {
    this.#bounds = bounds;
    const { perSecond } = bounds;
    const burst = perSecond === undefined ? 0 : Math.ceil(perSecond * BURST);
    // A second that begins with the burst holds `perSecond` entries.
    this.#intervalMs = perSecond === undefined ? 0 : (1_000 + ROUNDING_MS) / (perSecond - burst + 1);
    this.#aheadMs = Math.max(0, burst - 1) * this.#intervalMs + ROUNDING_MS;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves with a function that releases the entry, once it is the caller's turn; with `undefined` if the queue is
   * full or the wait took too long.
   */
  enter(): Promise<(() => void) | undefined> | (() => void) | undefined {
    if (this.#waiting.size === 0 && this.#pauseMs() === 0) return this.#admit();
    const { queued, waitMs } = this.#bounds;
    if (this.#waiting.size >= queued) return undefined;
    return new Promise((resolve) => {
      this.#waiting.add({
        enter: () => resolve(this.#admit()),
        giveUp: () => resolve(undefined),
        dueAt: this.#timer.now() + waitMs,
      });
      if (!this.#timer.running) this.#timer.start(waitMs, this.#giveUp);
      this.#schedule();
    });
  }

  readonly #giveUp = (): void => {
    const now = this.#timer.now();
    for (const waiter of this.#waiting) {
      // Timers of Node.js may fire a fraction of a millisecond early.
      if (waiter.dueAt >= now + 1) {
        this.#timer.start(waiter.dueAt - now, this.#giveUp);
        return;
      }
      this.#waiting.delete(waiter);
      waiter.giveUp();
    }
  };

  #admit(): () => void {
    this.#dueAt = Math.max(this.#dueAt, performance.now()) + this.#intervalMs;
    this.#inside += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inside -= 1;
      this.#letIn();
    };
  }

  /** Milliseconds until the rate allows the next entry; `Infinity` if a holder must leave first. */
  #pauseMs(): number {
    if (this.#inside >= this.#bounds.concurrency) return Infinity;
    return Math.max(0, this.#dueAt - this.#aheadMs - performance.now());
  }

  #letIn(): void {
    for (const waiter of this.#waiting) {
      if (this.#pauseMs() > 0) break;
      this.#waiting.delete(waiter);
      waiter.enter();
    }
    if (this.#waiting.size === 0) this.#timer.stop();
    this.#schedule();
  }

  /** If only the rate holds callers back, a timer lets them in. */
  #schedule(): void {
    const pauseMs = this.#pauseMs();
    if (this.#waiting.size === 0 || pauseMs === Infinity || this.#wake !== undefined) return;
    this.#wake = setTimeout(() => {
      this.#wake = undefined;
      this.#letIn();
    }, Math.ceil(pauseMs));
  }
}
