/** Bounds of a {@link Turnstile}. */
export interface TurnstileBounds {
  /** Holders at once. */
  readonly concurrency: number;
  /** Entries within any one second; unbounded where left out. */
  readonly perSecond?: number;
  /** Waiting for their turn. */
  readonly queued: number;
  /** How long one waits, in milliseconds. */
  readonly waitMs: number;
}

interface Waiter {
  enter(): void;
  readonly deadline: NodeJS.Timeout;
}

/** Lets in so many at once, and so many in any one second; a bounded number waits, each for a bounded time, first come first served. */
export class Turnstile {
  readonly #bounds: TurnstileBounds;
  readonly #waiting = new Set<Waiter>();
  /** When the last `perSecond` entries were, as a ring: the oldest is at `#entries % perSecond`. */
  readonly #entered: number[] = [];
  #entries = 0;
  #inside = 0;
  #wake: NodeJS.Timeout | undefined;

  constructor(bounds: TurnstileBounds) {
    this.#bounds = bounds;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when it is the caller's turn, with what ends it; with `undefined` where there is no room to wait, or the wait took too long. */
  enter(): Promise<(() => void) | undefined> | (() => void) | undefined {
    if (this.#waiting.size === 0 && this.#pauseMs() === 0) return this.#admit();
    const { queued, waitMs } = this.#bounds;
    if (this.#waiting.size >= queued) return undefined;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        enter: () => {
          clearTimeout(waiter.deadline);
          resolve(this.#admit());
        },
        deadline: setTimeout(() => {
          this.#waiting.delete(waiter);
          resolve(undefined);
        }, waitMs),
      };
      this.#waiting.add(waiter);
      this.#schedule();
    });
  }

  #admit(): () => void {
    const { perSecond } = this.#bounds;
    if (perSecond !== undefined) this.#entered[this.#entries++ % perSecond] = performance.now();
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
    const { concurrency, perSecond } = this.#bounds;
    if (this.#inside >= concurrency) return Infinity;
    if (perSecond === undefined || this.#entries < perSecond) return 0;
    return Math.max(0, (this.#entered[this.#entries % perSecond] ?? 0) + 1_000 - performance.now());
  }

  #letIn(): void {
    for (const waiter of this.#waiting) {
      if (this.#pauseMs() > 0) break;
      this.#waiting.delete(waiter);
      waiter.enter();
    }
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
