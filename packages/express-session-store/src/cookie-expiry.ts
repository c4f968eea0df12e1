import { secondsOf } from '@sess/external-store';

/**
 * What express-session and @fastify/session keep of a session's cookie, as objects or as JSON. Lifetimes are in
 * milliseconds.
 */
export interface SessionCookie {
  expires?: unknown;
  maxAge?: unknown;
  originalMaxAge?: unknown;
}

/**
 * How long a session with this cookie lives, in whole seconds; 0 when it is over; `undefined` for a cookie that ends
 * with the browser.
 *
 * `expires` counts first: express-session moves it with every request, `originalMaxAge` is what it moves it by.
 */
export function secondsOfCookie(
  { expires, maxAge, originalMaxAge }: SessionCookie,
  now: number = Date.now(),
): number | undefined {
  const end = timeOf(expires);
  if (end !== undefined) return secondsOf(end - now, now);
  // `expires: false` is how an application makes it a cookie that ends with the browser.
  if (expires === false) return undefined;
  return secondsOf(maxAge, now) ?? secondsOf(originalMaxAge, now);
}

/** Milliseconds since 1970, of a date or of the text that JSON makes of one. */
function timeOf(expires: unknown): number | undefined {
  if (!(expires instanceof Date) && typeof expires !== 'string') return undefined;
  const time = new Date(expires).getTime();
  return Number.isNaN(time) ? undefined : time;
}
