import { setImmediate } from 'node:timers/promises';

import type { CancelTimer, Clock } from '../src/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that passes when told to. */
export class FakeClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  /** In whole milliseconds, as `Date.now()`; {@link elapsed} has fractions, as `performance.now()`. */
  now(): number {
    return Math.floor(this.#now);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const timer: Timer = { at: this.#elapsed + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that nobody ended yet. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock alone, as an administrator does. */
  setWallClock(now: number): void {
    this.#now = now;
  }

  /** Lets `ms` pass while code runs: no timer fires. */
  work(ms: number): void {
    this.#moveTo(this.#elapsed + ms);
  }

  /** Lets `ms` pass: what is due happens in order, and what it sets off settles before time goes on. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#moveTo(next.at);
      this.#timers.delete(next);
      next.callback();
      await settled();
    }
    this.#moveTo(end);
  }

  /** Lets time pass until `condition` holds, at most `limitMs`. */
  async passUntil(condition: () => boolean, limitMs = 60_000): Promise<void> {
    const end = this.#elapsed + limitMs;
    while (!condition()) {
      if (this.#elapsed >= end) throw new Error(`the condition did not hold within ${limitMs} ms of fake time`);
      await this.pass(1);
    }
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)[0];
  }

  #moveTo(elapsed: number): void {
    this.#now += Math.max(0, elapsed - this.#elapsed);
    this.#elapsed = Math.max(elapsed, this.#elapsed);
  }
}

/** Everything that is only waiting for promises is done. */
export async function settled(): Promise<void> {
  await setImmediate();
}
