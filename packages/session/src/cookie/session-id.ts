import { hash, randomBytes } from 'node:crypto';

/** 24 bytes, 192 bits: well over the 128 that OWASP ASVS 7.2.3 asks for. */
const ID_BYTES = 24;

/** Length of an id in characters: base64url without padding. */
export const ID_LENGTH = 32;

/** Length of the hash in a storage key: 32 bytes in base64url. */
const HASH_LENGTH = 43;

/**
 * Longest storage key. MD5, which ketama hashes keys with, takes up to 55 bytes in one block; a longer key costs twice
 * as much on every request.
 */
const MAX_KEY_LENGTH = 55;

/** Longest `keyPrefix`. */
export const MAX_PREFIX_LENGTH: number = MAX_KEY_LENGTH - HASH_LENGTH;

/** A new session id. Never taken from a client. */
export function newSessionId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

/**
 * Under which key the session with this id is stored: fixed ASCII, from which the id can't be found. Whoever reads the
 * cache can't take over a session, and no cookie can bring a command into the protocol.
 */
export function storageKey(prefix: string, id: string): string {
  return prefix + hash('sha256', id, 'base64url');
}
