import { SessClientError } from '../errors.ts';

/** Longest key in bytes; every key is ASCII, so characters are bytes. */
export const MAX_KEY_BYTES = 250;

/** Prefix of the client's own keys, under which it stores data about the nodes. */
export const RESERVED_PREFIX = '@sess/';
const RESERVED_BEGINNING: number = RESERVED_PREFIX.charCodeAt(0);

/** A search for a bad character takes half the time of matching the whole key. */
const REFUSED_CHARACTER: RegExp = /[^\x21-\x7e]/;

/** The last valid key: several layers check the key of one operation, usually as the same string. */
let lastValidKey = '';

/** Whether `key` is valid in every memcached protocol: 1 to 250 bytes of printable ASCII without space. */
export function isValidKey(key: unknown): key is string {
  if (key === lastValidKey) return lastValidKey !== '';
  if (typeof key !== 'string' || key.length === 0 || key.length > MAX_KEY_BYTES || REFUSED_CHARACTER.test(key))
    return false;
  lastValidKey = key;
  return true;
}

/**
 * Whether a caller may use `key`: it is valid and lacks {@link RESERVED_PREFIX}. An application's keys may come from
 * its visitors.
 */
export function isCallersKey(key: unknown): key is string {
  return isValidKey(key) && !(key.charCodeAt(0) === RESERVED_BEGINNING && key.startsWith(RESERVED_PREFIX));
}

/** @throws {SessClientError} `SESS_BAD_KEY` unless {@link isCallersKey} */
export function checkCallersKey(key: unknown): asserts key is string {
  checkKey(key);
  if (!isCallersKey(key))
    throw new SessClientError(
      'SESS_BAD_KEY',
      `Keys that begin with "${RESERVED_PREFIX}" are the client's own; choose another prefix.`,
    );
}

/**
 * Throws `SESS_BAD_KEY` unless `key` is 1 to 250 bytes of printable ASCII without space.
 *
 * A server that refuses a command line runs the bytes of the value behind it as commands, so every key is checked. The
 * error says what is wrong and where, but never the key itself: keys of sessions are secrets.
 */
export function checkKey(key: unknown): asserts key is string {
  if (!isValidKey(key))
    throw new SessClientError(
      'SESS_BAD_KEY',
      `A key is 1 to ${MAX_KEY_BYTES} bytes of printable ASCII without space; this one ${fault(key)}.`,
    );
}

function fault(key: unknown): string {
  if (typeof key !== 'string') return `is ${key === null ? 'null' : `of type ${typeof key}`}`;
  if (key.length === 0) return 'is empty';
  const at = key.search(REFUSED_CHARACTER);
  if (at >= 0) {
    const code = key.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
    return `has the character U+${code} at position ${at}; encode or hash it first`;
  }
  return `is ${key.length} bytes long; hash it first`;
}
