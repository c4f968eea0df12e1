import { hash } from 'node:crypto';
import { StoreError } from './errors.ts';

/** Length of the hash in a storage key: 32 bytes in base64url. */
const HASH_LENGTH = 43;

/** Longest storage key: MD5, which ketama hashes keys with, takes up to 55 bytes in one block. */
const MAX_KEY_LENGTH = 55;

/** Longest `keyPrefix`. */
export const MAX_PREFIX_LENGTH: number = MAX_KEY_LENGTH - HASH_LENGTH;

/**
 * Under which key the session with this id is stored: fixed ASCII, from which the id can't be found. Whoever reads the cache can't take over a
 * session, and no cookie can bring a command into the protocol.
 *
 * @throws {StoreError} `SESS_BAD_DATA` for what is no id.
 */
export function storageKey(prefix: string, id: string): string {
  if (typeof id !== 'string' || id === '') {
    throw new StoreError(
      'SESS_BAD_DATA',
      `a session id is a text of at least one character; got ${id === '' ? 'an empty one' : typeof id}`,
    );
  }
  return prefix + hash('sha256', id, 'base64url');
}
