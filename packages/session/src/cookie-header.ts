/** Cookies of one name that are looked at; a browser sends two at the most for what one application sets. */
const MAX_VALUES = 4;

/**
 * The values of the cookies called `name` in a `Cookie` header, each once, in the order in which they stand there.
 *
 * The `cookie` package keeps only the first of several cookies with the same name. A cookie that another host of the domain planted may stand before
 * ours, so all are given (four at the most); the tests hold this to what `cookie` says about the first.
 */
export function cookieValues(header: string, name: string): readonly string[] {
  // Most requests without a session have other cookies, or none: one search settles those.
  if (!header.includes(name)) return NONE;
  const values: string[] = [];
  for (let start = 0; start < header.length && values.length < MAX_VALUES;) {
    const semicolon = header.indexOf(';', start);
    const end = semicolon === -1 ? header.length : semicolon;
    const equals = header.indexOf('=', start);
    if (equals === -1) break;
    if (equals < end && header.slice(start, equals).trim() === name) {
      const value = header.slice(equals + 1, end).trim();
      if (!values.includes(value)) values.push(value);
    }
    start = end + 1;
  }
  return values;
}

const NONE: readonly string[] = [];
