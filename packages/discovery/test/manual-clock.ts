import type { Clock, Timer } from '../src/clock.ts';

interface PendingTimer {
  readonly dueAt: number;
  readonly delayMs: number;
  readonly callback: () => void;
  keepsAlive: boolean;
}

/** A clock that stands still until it is told to move on. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<PendingTimer>();
  #arrivals: { readonly delayMs: number; readonly resolve: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer: PendingTimer = { dueAt: this.#now + delayMs, delayMs, callback, keepsAlive: true };
    this.#timers.add(timer);
    const arrived = this.#arrivals.filter((arrival) => arrival.delayMs === delayMs);
    this.#arrivals = this.#arrivals.filter((arrival) => arrival.delayMs !== delayMs);
    for (const { resolve } of arrived) resolve();
    return {
      keepAlive(yes) {
        timer.keepsAlive = yes;
      },
      cancel: () => void this.#timers.delete(timer),
    };
  }

  /** Delays of the timers that are set, in the order in which they were. */
  get delays(): readonly number[] {
    return [...this.#timers].map((timer) => timer.delayMs);
  }

  /** Whether a timer would keep the process alive. */
  get keepsAlive(): boolean {
    return [...this.#timers].some((timer) => timer.keepsAlive);
  }

  /** Resolves when somebody sets a timer of this delay. */
  timerOf(delayMs: number): Promise<void> {
    if (this.delays.includes(delayMs)) return Promise.resolve();
    return new Promise((resolve) => this.#arrivals.push({ delayMs, resolve }));
  }

  /** Moves time on, and calls back in the order in which timers are due. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#dueBy(until); next !== undefined; next = this.#dueBy(until)) {
      this.#timers.delete(next);
      this.#now = next.dueAt;
      next.callback();
    }
    this.#now = until;
  }

  #dueBy(until: number): PendingTimer | undefined {
    return [...this.#timers].filter((timer) => timer.dueAt <= until).toSorted((a, b) => a.dueAt - b.dueAt)[0];
  }
}
