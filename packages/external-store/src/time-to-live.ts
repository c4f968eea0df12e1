import { MAX_TTL_SECONDS } from '@sess/session';

/** Where memcached's time ends, in seconds since 1970: 2038-01-19. */
const END_OF_TIME_SECONDS = 2_147_483_647;

/** What the memcached store adds to a session's time, and one that the two clocks may differ by. */
const MARGIN_SECONDS = 2;

/**
 * Whole seconds for a lifetime in milliseconds: rounded up, so that no session ends before its cookie does, and cut to
 * what memcached can keep. 0 when it is over already; `undefined` when it is no number.
 */
export function secondsOf(milliseconds: unknown, now: number = Date.now()): number | undefined {
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) return undefined;
  const longest = Math.min(MAX_TTL_SECONDS, END_OF_TIME_SECONDS - MARGIN_SECONDS - Math.floor(now / 1000));
  return Math.max(0, Math.min(longest, Math.ceil(milliseconds / 1000)));
}
