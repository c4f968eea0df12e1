import { secondsOf } from '@sess/external-store';

/**
 * The cookie of a session as express-session and @fastify/session keep it, as an object or as JSON. Lifetimes are in
 * milliseconds.
 */
export interface SessionCookie {
  expires?: unknown;
  maxAge?: unknown;
  originalMaxAge?: unknown;
}

/**
 * Remaining whole seconds of a session with this cookie; 0 if it is over; `undefined` for a cookie that ends with the
 * browser.
 *
 * `expires` takes precedence: with every request, express-session sets it to now plus `originalMaxAge`.
 */
export function secondsOfCookie(
  { expires, maxAge, originalMaxAge }: SessionCookie,
  now: number = Date.now(),
): number | undefined {
  const end = timeOf(expires);
  if (end !== undefined) return secondsOf(end - now, now);
  // With `expires: false` an application asks for a cookie that ends with the browser.
  if (expires === false) return undefined;
  return secondsOf(maxAge, now) ?? secondsOf(originalMaxAge, now);
}

/** Milliseconds since 1970 of a date or its JSON text. */
function timeOf(expires: unknown): number | undefined {
  if (!(expires instanceof Date) && typeof expires !== 'string') return undefined;
  const time = new Date(expires).getTime();
  return Number.isNaN(time) ? undefined : time;
}
