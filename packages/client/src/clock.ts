/** Time as the client sees it: a parameter, so that a test or a simulation can own it. */
export interface Clock {
  /** Milliseconds since 1970: what versions and the ends of tombstones are made of. */
  now(): number;
  /** Milliseconds since some fixed moment; never runs backwards: what pauses and durations are measured with. */
  elapsed(): number;
  /** Calls `callback` once, `delayMs` from now; what it returns ends the timer, early or late, any number of times. */
  after(delayMs: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
