import { SessionError } from '../errors.ts';

/** Longest name of a user, in bytes of UTF-8: well below the limit of a database index. */
const MAX_BYTES = 1_024;

/**
 * Refuses names that a database behind the cache might not accept, or might confuse with another name. The rule is the
 * same for every store, so what works with memory and memcached works with a database.
 *
 * @throws {SessionError} `SESS_BAD_DATA`, which does not show the name.
 */
export function checkUserName(user: unknown): asserts user is string {
  const fault = typeof user === 'string' ? faultOf(user) : `is ${user === null ? 'null' : `of type ${typeof user}`}`;
  if (fault === undefined) return;
  const expected = `a text of 1 to ${MAX_BYTES} bytes in UTF-8, without U+0000 and without half a surrogate pair`;
  throw new SessionError('SESS_BAD_DATA', `the name of a user ${fault}; expected ${expected}`);
}

function faultOf(user: string): string | undefined {
  if (user === '') return 'is empty';
  const bytes = Buffer.byteLength(user);
  if (bytes > MAX_BYTES) return `has ${bytes} bytes`;
  if (user.includes('\0')) return 'contains U+0000';
  // In UTF-8 each half would become U+FFFD, and two users would become one.
  return /\p{Surrogate}/u.test(user) ? 'contains half a surrogate pair' : undefined;
}
