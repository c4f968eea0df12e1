import { SessClientError } from '../errors.ts';
import { StoredRecord } from '../record.ts';
import { MAX_RELATIVE_EXPTIME_SECONDS, toExptime } from '../transport/exptime.ts';

/** Ten years: more is a mistake in the unit. */
const MAX_TTL_SECONDS = 315_360_000;

/** Throws `SESS_BAD_VALUE` unless `ttlSeconds` is a time to live that memcached can express. */
export function checkTtl(ttlSeconds: unknown, now: number): asserts ttlSeconds is number {
  if (
    typeof ttlSeconds !== 'number' ||
    !Number.isInteger(ttlSeconds) ||
    ttlSeconds < 1 ||
    ttlSeconds > MAX_TTL_SECONDS
  ) {
    const came = typeof ttlSeconds === 'number' ? String(ttlSeconds) : describe(ttlSeconds);
    throw new SessClientError(
      'SESS_BAD_VALUE',
      `ttlSeconds must be whole seconds, 1 to ${MAX_TTL_SECONDS} (ten years); got ${came}. Nothing was sent.`,
    );
  }
  if (ttlSeconds > MAX_RELATIVE_EXPTIME_SECONDS) toExptime(ttlSeconds, now);
}

/** Throws `SESS_BAD_VALUE` or `SESS_TOO_LARGE` unless `value` can be stored. */
export function checkValue(value: unknown, maxValueBytes: number): asserts value is Uint8Array | string {
  const bytes =
    typeof value === 'string' ? Buffer.byteLength(value) : value instanceof Uint8Array ? value.byteLength : undefined;
  if (bytes === undefined) {
    throw new SessClientError(
      'SESS_BAD_VALUE',
      `A value is a Uint8Array or a string; got ${describe(value)}. Encode it first. Nothing was sent.`,
    );
  }
  if (bytes > maxValueBytes) {
    const message = `The value has ${bytes} bytes, and maxValueBytes is ${maxValueBytes}. Nothing was sent; what was stored is still there.`;
    throw new SessClientError('SESS_TOO_LARGE', message);
  }
}

/** Throws `SESS_BAD_VALUE` unless `expect` is a record of this package, `'absent'` or nothing. */
export function checkExpectation(expect: unknown): asserts expect is StoredRecord | 'absent' | undefined {
  if (expect === undefined || expect === 'absent' || StoredRecord.is(expect)) return;
  const message = `expect must be a record as get or set returned it (not a copy of one), 'absent', or left out; got ${describe(expect)}. Nothing was sent.`;
  throw new SessClientError('SESS_BAD_VALUE', message);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === 'object' ? 'an object' : `a value of type ${typeof value}`;
}
