import { WorkingClock } from '@sess/working-time';

/** Bounds of a {@link RateLimiter}. */
export interface RateLimits {
  /** Holders at once. */
  readonly concurrency: number;
  /** Entries within any one second; unbounded where left out. */
  readonly perSecond?: number;
  /** Waiting for their turn. */
  readonly queued: number;
  /**
   * How long one waits, in milliseconds in which this process could work: one that is busy must not blame the other
   * side.
   */
  readonly waitMs: number;
}

interface Waiter {
  enter(): void;
  giveUp(): void;
  readonly dueAt: number;
}

/** The part of a second's entries that may come one upon the other. */
const BURST = 0.1;
/** What sums of fractions of milliseconds may be off. */
const ROUNDING_MS = 0.001;

/**
 * Lets in so many at once, and so many in any one second; a bounded number waits, each for a bounded time, first come
 * first served.
 *
 * After a tenth of a second's entries the others follow one by one. Were a second's entries let in as they come, the
 * other side would see two seconds' worth in one as soon as it answers some of them late.
 */
export class RateLimiter {
  readonly #bounds: RateLimits;
  readonly #waiting = new Set<Waiter>();
  /** As all wait equally long, who came first is the first to give up. */
  readonly #patience = new WorkingClock();
  /**
   * How far apart entries are on average, and by how much of that time they may be ahead: the generic cell rate
   * algorithm (ITU-T I.371).
   */
  readonly #intervalMs: number;
  readonly #aheadMs: number;
  /** When the next entry would be due if all were equally far apart. */
  #dueAt = -Infinity;
  #inside = 0;
  #wake: NodeJS.Timeout | undefined;

  constructor(bounds: RateLimits) {
    this.#bounds = bounds;
    const { perSecond } = bounds;
    const burst = perSecond === undefined ? 0 : Math.ceil(perSecond * BURST);
    // With the burst at its beginning a second holds `perSecond`.
    this.#intervalMs = perSecond === undefined ? 0 : (1_000 + ROUNDING_MS) / (perSecond - burst + 1);
    this.#aheadMs = Math.max(0, burst - 1) * this.#intervalMs + ROUNDING_MS;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when it is the caller's turn, with what ends it; with `undefined` where there is no room to wait, or the
   * wait took too long.
   */
  enter(): Promise<(() => void) | undefined> | (() => void) | undefined {
    if (this.#waiting.size === 0 && this.#pauseMs() === 0) return this.#admit();
    const { queued, waitMs } = this.#bounds;
    if (this.#waiting.size >= queued) return undefined;
    return new Promise((resolve) => {
      this.#waiting.add({
        enter: () => resolve(this.#admit()),
        giveUp: () => resolve(undefined),
        dueAt: this.#patience.now() + waitMs,
      });
      if (!this.#patience.running) this.#patience.start(waitMs, this.#giveUp);
      this.#schedule();
    });
  }

  readonly #giveUp = (): void => {
    const now = this.#patience.now();
    for (const waiter of this.#waiting) {
      // Timers of Node.js may be a fraction of a millisecond early.
      if (waiter.dueAt >= now + 1) {
        this.#patience.start(waiter.dueAt - now, this.#giveUp);
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

  /** How long nobody may enter because of the rate; `Infinity` where someone must leave first. */
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
    if (this.#waiting.size === 0) this.#patience.stop();
    this.#schedule();
  }

  /** Where the rate alone keeps them out, time lets them in. */
  #schedule(): void {
    const pauseMs = this.#pauseMs();
    if (this.#waiting.size === 0 || pauseMs === Infinity || this.#wake !== undefined) return;
    this.#wake = setTimeout(() => {
      this.#wake = undefined;
      this.#letIn();
    }, Math.ceil(pauseMs));
  }
}
