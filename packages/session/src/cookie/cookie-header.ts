import { parseCookie } from 'cookie';

/**
 * The values of the cookies called `name` in a `Cookie` header, each once, in the order in which they stand there.
 *
 * The `cookie` package keeps only the first of several cookies with the same name. A cookie that another host of the
 * domain planted may stand before ours, so each pair that can be ours is parsed by itself. Like browsers, `cookie`
 * takes nothing but a space and a tab from around a name: a cookie called `\xA0__Host-sess`, which browsers let any
 * sub-domain set, is not `__Host-sess`.
 */
export function cookieValues(header: string, name: string): readonly string[] {
  const values = new Set<string>();
  // Most requests without a session have other cookies, or none: one search settles those.
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
