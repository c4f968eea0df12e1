import { SessClientError } from '../errors.ts';

/**
 * Up to and including this many seconds (30 days), memcached reads an exptime as a duration; above, as an absolute Unix
 * time.
 */
export const MAX_RELATIVE_EXPTIME_SECONDS = 2_592_000;

/** memcached parses exptime into a signed 32-bit number: 2038-01-19T03:14:07Z. */
const LAST_EXPTIME = 0x7fff_ffff;

/**
 * The exptime to send for a time to live of `ttlSeconds` from `nowMs` (default: now).
 *
 * 0 never expires. Throws `SESS_BAD_VALUE` for what is not a whole number of seconds, is negative (memcached would
 * expire the item at once), or ends after 2038-01-19, which memcached cannot express.
 */
export function toExptime(ttlSeconds: number, nowMs?: number): number {
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 0)
    throw badTtl(ttlSeconds, 'a whole number of seconds, 0 or more');
  if (ttlSeconds <= MAX_RELATIVE_EXPTIME_SECONDS) return ttlSeconds;
  const absolute = Math.floor((nowMs ?? Date.now()) / 1000) + ttlSeconds;
  if (absolute > LAST_EXPTIME)
    throw badTtl(ttlSeconds, 'a duration that ends before 2038-01-19T03:14:07Z, the last time memcached can express');
  return absolute;
}

function badTtl(ttlSeconds: unknown, expected: string): SessClientError {
  const came = typeof ttlSeconds === 'number' ? String(ttlSeconds) : `a value of type ${typeof ttlSeconds}`;
  return new SessClientError('SESS_BAD_VALUE', `ttlSeconds must be ${expected}; got ${came}.`);
}

/** `ttlSeconds`, or less where memcached's time would end before it does. 0 stays 0: never. */
export function expressibleTtl(ttlSeconds: number, nowMs: number): number {
  return Math.min(ttlSeconds, Math.max(1, LAST_EXPTIME - Math.ceil(nowMs / 1000)));
}

/**
 * Seconds for what must stand until `endsAt`, milliseconds since 1970: rounded up, and one more, because memcached
 * counts whole seconds of its own clock and may drop what has n of them after n - 1.
 */
export function secondsUntil(endsAt: number, nowMs: number): number {
  return expressibleTtl(Math.max(1, Math.ceil((endsAt - nowMs) / 1000)) + 1, nowMs);
}
