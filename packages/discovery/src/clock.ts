import { afterWorking } from '@sess/working-time';

/** The clock of this package, which tests replace to avoid waiting. */
export interface Clock {
  /** Milliseconds from some fixed moment; monotonic. */
  now(): number;
  /** Calls `callback` once after `ms`. */
  setTimeout(callback: () => void, ms: number): Timer;
  /**
   * For deadlines: calls `callback` once this process has worked for `ms`; the returned function cancels it. Default:
   * {@link Clock.setTimeout}.
   */
  afterWorking?(ms: number, callback: () => void): () => void;
}

export interface Timer {
  /** Whether the timer keeps the process running. Initially it does. */
  keepAlive(yes: boolean): void;
  cancel(): void;
}

/** Longest delay of Node.js timers; a longer one would fire at once. */
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

/** Calls `callback` once this process has worked for `ms`; the returned function cancels it. */
export function deadline(clock: Clock, ms: number, callback: () => void): () => void {
  if (clock.afterWorking !== undefined) return clock.afterWorking(ms, callback);
  const timer = clock.setTimeout(callback, ms);
  return () => timer.cancel();
}
