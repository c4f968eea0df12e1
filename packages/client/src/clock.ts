import { afterWorking } from '@sess/working-time';

/** Time as the client sees it: a parameter, so that a test or a simulation can own it. */
export interface Clock {
  /** Milliseconds since 1970: what versions and the ends of tombstones are made of. */
  now(): number;
  /** Milliseconds since some fixed moment; never runs backwards: what pauses and durations are measured with. */
  elapsed(): number;
  /** Calls `callback` once, `delayMs` from now; what it returns ends the timer, early or late, any number of times. */
  after(delayMs: number, callback: () => void): CancelTimer;
  /**
   * The same for a deadline: time in which this process could not work (blocked, stopped, suspended) does not count,
   * and `callback` is called when the I/O that is due has been done. Left out, it is {@link Clock.after}.
   */
  afterWorking?(delayMs: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    // Who waits for it is work under way, which keeps the process running by itself.
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
  afterWorking,
};

/** Calls `callback` once, when `delayMs` have passed in which this process could work. */
export function deadline(clock: Clock, delayMs: number, callback: () => void): CancelTimer {
  return clock.afterWorking === undefined ? clock.after(delayMs, callback) : clock.afterWorking(delayMs, callback);
}
