import { parseCookie } from 'cookie';

/**
 * The distinct values of the cookies called `name` in a `Cookie` header, in the header's order.
 *
 * The `cookie` package keeps only the first of several cookies with the same name. A cookie planted by another host of
 * the domain may come first, so each pair that can be ours is parsed separately. Like browsers, `cookie` trims only
 * spaces and tabs around a name: a cookie called `\xA0__Host-sess`, which browsers let any sub-domain set, is not
 * `__Host-sess`.
 */
export function cookieValues(header: string, name: string): readonly string[] {
  const values = new Set<string>();
  // Most requests without a session have other cookies or none, so one search is enough for them.
  for (let at = header.indexOf(name); at !== -1;) {
    const semicolon = header.indexOf(';', at);
    const end = semicolon === -1 ? header.length : semicolon;
    const value = parseCookie(header.slice(header.lastIndexOf(';', at) + 1, end), AS_IT_IS)[name];
    if (value !== undefined) values.add(value);
    at = header.indexOf(name, end);
  }
  return values.size === 0 ? NONE : [...values];
}

/** An id and its signature need no escapes. */
const AS_IT_IS = { decode: (value: string): string => value };

const NONE: readonly string[] = [];
