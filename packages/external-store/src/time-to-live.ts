import { MAX_TTL_SECONDS } from '@sess/session';

/** The end of memcached's time, in seconds since 1970: 2038-01-19. */
const END_OF_TIME_SECONDS = 2_147_483_647;

/** One second that the memcached store adds to a session's time, and one by which the two clocks may differ. */
const MARGIN_SECONDS = 2;

/**
 * Whole seconds of a lifetime in milliseconds: rounded up, so that no session ends before its cookie, and limited to
 * what memcached can keep. 0 if it is over already; `undefined` if it is not a number.
 */
export function secondsOf(milliseconds: unknown, now: number = Date.now()): number | undefined {
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) return undefined;
  const longest = Math.min(MAX_TTL_SECONDS, END_OF_TIME_SECONDS - MARGIN_SECONDS - Math.floor(now / 1000));
  return Math.max(0, Math.min(longest, Math.ceil(milliseconds / 1000)));
}
