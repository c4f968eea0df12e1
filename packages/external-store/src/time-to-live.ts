/** Ten years: the longest time to live that the client takes. */
const MAX_SECONDS = 315_360_000;

/** Where memcached's time ends, in seconds since 1970: 2038-01-19. */
const END_OF_TIME_SECONDS = 2_147_483_647;

/**
 * memcached counts whole seconds of its own clock, and may drop what has n of them after n - 1. So it is given one more than a session has, and what it says
 * of the time that is left is one less: whoever asks hears of the session's own time.
 */
const SPARE_SECONDS = 1;

export function withSpare(ttlSeconds: number): number {
  return Math.min(MAX_SECONDS, ttlSeconds + SPARE_SECONDS);
}

export function withoutSpare(ttlSeconds: number | undefined): number | undefined {
  return ttlSeconds === undefined ? undefined : Math.max(0, ttlSeconds - SPARE_SECONDS);
}

/**
 * Whole seconds for a lifetime in milliseconds: rounded up, so that no session ends before its cookie does, and cut to what memcached can keep.
 * 0 when it is over already; `undefined` when it is no number.
 */
export function secondsOf(milliseconds: unknown, now: number = Date.now()): number | undefined {
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) return undefined;
  const longest = Math.min(MAX_SECONDS, END_OF_TIME_SECONDS - 1 - SPARE_SECONDS - Math.floor(now / 1000));
  return Math.max(0, Math.min(longest, Math.ceil(milliseconds / 1000)));
}
