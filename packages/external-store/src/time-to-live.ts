/** Ten years: the longest time to live that the client takes. */
const MAX_SECONDS = 315_360_000;

/** Where memcached's time ends, in seconds since 1970: 2038-01-19. */
const END_OF_TIME_SECONDS = 2_147_483_647;

/**
 * Whole seconds for a lifetime in milliseconds, so that no session ends before its cookie does: rounded up, and one more, because memcached counts whole
 * seconds of its own clock and may drop what has n of them after n - 1. Cut to what memcached can keep.
 * 0 when it is over already; `undefined` when it is no number.
 */
export function secondsOf(milliseconds: unknown, now: number = Date.now()): number | undefined {
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) return undefined;
  const longest = Math.min(MAX_SECONDS, END_OF_TIME_SECONDS - 1 - Math.floor(now / 1000));
  if (milliseconds <= 0) return 0;
  return Math.max(0, Math.min(longest, Math.ceil(milliseconds / 1000) + 1));
}
