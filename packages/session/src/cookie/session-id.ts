import crypto from 'node:crypto';

// Not a named import: Node.js 18 has no `hash`, and would fail to link before `@sess/client` says that this Node.js is
// too old.
const { hash, randomFillSync } = crypto;

/** 24 bytes, 192 bits: well over the 128 bits that OWASP ASVS 7.2.3 requires. */
const ID_BYTES = 24;

/** Length of an id in characters: base64url without padding. */
export const ID_LENGTH = 32;

/** Length of the hash in a storage key: 32 bytes in base64url. */
const HASH_LENGTH = 43;

/**
 * Longest storage key. Ketama hashes keys with MD5, which takes up to 55 bytes in one block; a longer key costs twice
 * as much on every request.
 */
const MAX_KEY_LENGTH = 55;

/** Longest `keyPrefix`. */
export const MAX_PREFIX_LENGTH: number = MAX_KEY_LENGTH - HASH_LENGTH;

/** Random bytes are generated in bulk: those of one id cost more than half of what those of 512 cost. */
const IDS_AT_ONCE = 512;
const random = Buffer.alloc(ID_BYTES * IDS_AT_ONCE);
let used = random.length;

/** A new session id. Never taken from a client. */
export function newSessionId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const id = random.toString('base64url', used, used + ID_BYTES);
  // Don't keep issued ids in memory.
  random.fill(0, used, used + ID_BYTES);
  used += ID_BYTES;
  return id;
}

/**
 * The storage key of the session with this id: ASCII of fixed length, which does not reveal the id. A reader of the
 * cache can't take over a session, and no cookie can inject a command into the protocol.
 */
export function storageKey(prefix: string, id: string): string {
  return prefix + hash('sha256', id, 'base64url');
}
