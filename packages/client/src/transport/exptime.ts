import { SessClientError } from '../errors.ts';

/**
 * memcached reads an exptime of at most this many seconds (30 days) as a duration, a greater one as an absolute Unix
 * time.
 */
export const MAX_RELATIVE_EXPTIME_SECONDS = 2_592_000;

/** 2038-01-19T03:14:07Z: memcached parses exptime into a signed 32-bit number. */
const LAST_EXPTIME = 0x7fff_ffff;

/**
 * The exptime to send for a time to live of `ttlSeconds` from `nowMs` (default: now).
 *
 * 0 never expires. Throws `SESS_BAD_VALUE` if `ttlSeconds` is not a whole number, is negative (memcached would expire
 * the item at once), or ends after 2038-01-19, which memcached cannot express.
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

/** `ttlSeconds`, shortened to end no later than the last time memcached can express. 0 (never) stays 0. */
export function expressibleTtl(ttlSeconds: number, nowMs: number): number {
  return Math.min(ttlSeconds, Math.max(1, LAST_EXPTIME - Math.ceil(nowMs / 1000)));
}

/**
 * Time to live in seconds of an item that must last until `endsAt`, milliseconds since 1970. Rounded up, plus one:
 * memcached counts whole seconds of its own clock and may expire an item of n seconds after n - 1.
 */
export function secondsUntil(endsAt: number, nowMs: number): number {
  return expressibleTtl(Math.max(1, Math.ceil((endsAt - nowMs) / 1000)) + 1, nowMs);
}
