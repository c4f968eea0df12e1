import { afterWorking } from '@sess/working-time';

/** Time as this package sees it, so that tests can pass it without waiting. */
export interface Clock {
  /** Milliseconds from some fixed moment; never runs backwards. */
  now(): number;
  /** Calls back once after `ms`. */
  setTimeout(callback: () => void, ms: number): Timer;
  /**
   * For deadlines: calls back once when this process could work for `ms`; what it returns ends the timer. Left out, it
   * is {@link Clock.setTimeout}.
   */
  afterWorking?(ms: number, callback: () => void): () => void;
}

export interface Timer {
  /** Whether the timer alone keeps the process alive. It does from the start. */
  keepAlive(yes: boolean): void;
  cancel(): void;
}

/** Longest delay that the platform's timers take; anything longer would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  afterWorking,
  setTimeout(callback, ms) {
    const handle = setTimeout(callback, ms);
    return {
      keepAlive(yes) {
        if (yes) handle.ref();
        else handle.unref();
      },
      cancel() {
        clearTimeout(handle);
      },
    };
  },
};

/** Calls back once, when this process could work for `ms`; what it returns ends the timer. */
export function deadline(clock: Clock, ms: number, callback: () => void): () => void {
  if (clock.afterWorking !== undefined) return clock.afterWorking(ms, callback);
  const timer = clock.setTimeout(callback, ms);
  return () => timer.cancel();
}
