import { afterWorking } from '@sess/working-time';

/** The client's source of time; tests and simulations replace it. */
export interface Clock {
  /** Milliseconds since 1970, for versions and expiry times. */
  now(): number;
  /** Monotonic milliseconds, for pauses and durations. */
  elapsed(): number;
  /** Calls `callback` once, `delayMs` from now. The returned function cancels the timer; it is idempotent. */
  after(delayMs: number, callback: () => void): CancelTimer;
  /**
   * A timer for deadlines: time in which this process could not work (blocked, stopped, suspended) does not count, and
   * pending I/O runs before `callback`. Default: {@link Clock.after}.
   */
  afterWorking?(delayMs: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    // Pending work keeps the process running by itself.
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
  afterWorking,
};

/** Calls `callback` once, after `delayMs` in which this process could work. */
export function deadline(clock: Clock, delayMs: number, callback: () => void): CancelTimer {
  return clock.afterWorking === undefined ? clock.after(delayMs, callback) : clock.afterWorking(delayMs, callback);
}
