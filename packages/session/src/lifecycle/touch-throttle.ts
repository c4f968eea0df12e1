import { LRUCache } from 'lru-cache';

/**
 * Sessions whose last touch a process remembers, where the store can't tell the remaining time. About 100 bytes each.
 */
const MAX_REMEMBERED = 10_000;

/** Decides when a session's expiry is to be moved, so that use costs a write only now and then. */
export interface TouchThrottle {
  /** Whether it is `touchAfterSeconds` or longer since the expiry of `key` was moved to `fullTtlSeconds`. */
  isDue(key: string, remainingSeconds: number | undefined, fullTtlSeconds: number, idleTtlSeconds?: number): boolean;
  /**
   * Notes that the expiry was moved just now; `remainingSeconds` is what the store says of it, `undefined` where it
   * can't tell.
   */
  moved(key: string, remainingSeconds: number | undefined): void;
}

/**
 * Where the store tells the remaining time (memcached's meta dialect, memory), that alone decides, and all application
 * servers agree. Where it can't (classic text and binary protocols), each process remembers the sessions that it
 * touched last, a bounded number of them: a session is then touched at most once per interval *and process*. What is
 * forgotten is touched again: too often, never too seldom.
 */
export function touchThrottle(
  touchAfterSeconds: number,
  now: () => number,
  maxRemembered: number = MAX_REMEMBERED,
): TouchThrottle {
  const lastMoved = new LRUCache<string, number>({ max: maxRemembered });
  return {
    isDue(key, remainingSeconds, fullTtlSeconds, idleTtlSeconds = Infinity) {
      // A session with a shorter life of its own must not end between two touches.
      const after = touchAfterSeconds < idleTtlSeconds ? touchAfterSeconds : Math.floor(idleTtlSeconds / 10);
      if (remainingSeconds !== undefined) return fullTtlSeconds - remainingSeconds >= after;
      const last = lastMoved.peek(key);
      return last === undefined || now() - last >= after * 1_000;
    },
    moved(key, remainingSeconds) {
      if (remainingSeconds === undefined) lastMoved.set(key, now());
    },
  };
}
