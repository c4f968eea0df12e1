import { LRUCache } from 'lru-cache';

/**
 * Sessions whose last touch a process remembers, if the store can't tell their remaining time. About 100 bytes each.
 */
const MAX_REMEMBERED = 10_000;

/** Decides when to extend a session's idle timeout, so that most requests cost no write. */
export interface TouchThrottle {
  /** Whether the expiry of `key` was last set to `fullTtlSeconds` at least `touchAfterSeconds` ago. */
  isDue(key: string, remainingSeconds: number | undefined, fullTtlSeconds: number, idleTtlSeconds?: number): boolean;
  /**
   * Notes that the expiry was set just now. `remainingSeconds` is what the store says; `undefined` if it can't tell.
   */
  moved(key: string, remainingSeconds: number | undefined): void;
}

/**
 * If the store tells the remaining time (memcached's meta dialect, memory), only that decides, and all application
 * servers agree. If it can't (classic text and binary protocols), each process remembers a bounded number of the
 * sessions that it touched last: a session is then touched at most once per interval *and process*. A forgotten session
 * is touched again: too often, never too seldom.
 */
export function touchThrottle(
  touchAfterSeconds: number,
  now: () => number,
  maxRemembered: number = MAX_REMEMBERED,
): TouchThrottle {
  const lastMoved = new LRUCache<string, number>({ max: maxRemembered });
  return {
    isDue(key, remainingSeconds, fullTtlSeconds, idleTtlSeconds = Infinity) {
      // A session with a shorter idle timeout of its own must not end between two touches.
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
