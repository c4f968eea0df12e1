/**
 * Parses numbers like memcached: leading white space and a sign are allowed, white space or the end terminates, and a
 * 32-bit number keeps its low 32 bits. Every function returns `undefined` for text that memcached refuses.
 */
const NUMBER = /^[\t-\r ]*([+-]?)(\d+)(?:[\t-\r ]|$)/;
const SHORT = /^\d{1,9}$/;
const TWO_TO_63 = 2n ** 63n;
const TWO_TO_64 = 2n ** 64n;

/** A signed 32-bit number: times and lengths. */
export function parseInt32(text: string): number | undefined {
  if (SHORT.test(text)) return Number(text);
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const magnitude = BigInt(match[2] ?? '0');
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value >= TWO_TO_63 || value < -TWO_TO_63) return undefined;
  return Number(BigInt.asIntN(32, value));
}

/** An unsigned 32-bit number: client flags. */
export function parseUint32(text: string): number | undefined {
  if (SHORT.test(text)) return Number(text);
  const value = parseUint64(text);
  return value === undefined ? undefined : Number(BigInt.asUintN(32, value));
}

/** An unsigned 64-bit number: CAS numbers, counters. */
export function parseUint64(text: string): bigint | undefined {
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const magnitude = BigInt(match[2] ?? '0');
  if (magnitude >= TWO_TO_64) return undefined;
  if (match[1] !== '-') return magnitude;
  // C turns -n into 2^64 - n; memcached refuses that only if the highest bit of the result is set.
  const wrapped = BigInt.asUintN(64, -magnitude);
  return wrapped >= TWO_TO_63 ? undefined : wrapped;
}
