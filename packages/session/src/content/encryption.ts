/**
 * Encryption of stored sessions: AES-256-GCM. These bytes replace the data:
 *
 * | bytes | what |
 * | --- | --- |
 * | 0..3 | which secret: the first bytes of HKDF(secret, `@sess/session key id`) |
 * | 4..15 | nonce: random |
 * | 16.. | the encrypted data |
 * | last 16 | authentication tag |
 *
 * Each session has its own key: HKDF-SHA-256(secret, no salt, info `@sess/session aes-256-gcm ` and the storage key, 32
 * bytes). A random nonce of 96 bits is good for 2^32 messages under one key (NIST SP 800-38D, 8.3); here those are the
 * saves of one session, not of all. The envelope's header (encoding and times) and the storage key are authenticated
 * with the data, so a record is not valid under another key.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { SessionError } from '../errors.ts';
import { badOption, checkUnknown, isObject, oneOf } from '../options/option-checks.ts';
import { resolveSecrets } from '../options/resolve-secrets.ts';

/** Encryption of stored sessions. */
export interface EncryptOptions {
  /**
   * One secret or several, each at least 32 bytes. The first encrypts, all decrypt. A save encrypts a session again
   * with the first.
   */
  readonly secret: string | readonly string[] | undefined;
  /**
   * How to treat sessions that are not encrypted. `'read'`, the default: they are read, and encrypted when they are
   * saved. `'write'`: they are read, and sessions are saved unencrypted; use it until every server has the secret.
   * `'refuse'`: they count as a miss, so a writer to the store can't plant one.
   */
  readonly plain?: 'write' | 'read' | 'refuse' | undefined;
}

/** The checked options. */
export interface ResolvedEncryption {
  readonly secrets: readonly [EncryptionSecret, ...EncryptionSecret[]];
  readonly plain: 'write' | 'read' | 'refuse';
}

/** The keys derived from one secret. */
export interface EncryptionSecret {
  readonly id: Buffer;
  /** HKDF's pseudorandom key. */
  readonly root: KeyObject;
}

/** The key and the header with which a record is stored. */
export interface Place {
  readonly key: string;
  readonly header: Buffer;
}

const NAMES: Readonly<Record<keyof EncryptOptions, true>> = { secret: true, plain: true };

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveEncryption(given: EncryptOptions | undefined): ResolvedEncryption | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) throw badOption('encrypt', given, '{ secret }, with a secret of at least 32 bytes, or several');
  checkUnknown(given, Object.keys(NAMES), 'encrypt.');
  const [first, ...others] = resolveSecrets('encrypt.secret', given.secret);
  return Object.freeze({
    secrets: Object.freeze([encryptionSecret(first), ...others.map(encryptionSecret)] as const),
    plain: oneOf('encrypt.plain', given.plain, ['write', 'read', 'refuse']) ?? 'read',
  });
}

const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function encryptionSecret(secret: string): EncryptionSecret {
  // HKDF-Extract without a salt (RFC 5869, 2.2).
  const root = createSecretKey(createHmac('sha256', Buffer.alloc(32)).update(secret, 'utf8').digest());
  return Object.freeze({ root, id: expand(root, '@sess/session key id').subarray(0, ID_BYTES) });
}

/** HKDF-Expand for one block (RFC 5869, 2.3). */
function expand(root: KeyObject, info: string): Buffer {
  return createHmac('sha256', root).update(info, 'latin1').update(ONE).digest();
}

const ONE = Buffer.from([1]);

function sessionKey({ root }: EncryptionSecret, { key }: Place): Buffer {
  return expand(root, `@sess/session aes-256-gcm ${key}`);
}

/** The header's encoding byte fixes its length, so header and key can't be confused. */
function associated({ key, header }: Place): Buffer {
  return Buffer.concat([header, Buffer.from(key, 'latin1')]);
}

export function encrypt(secret: EncryptionSecret, place: Place, data: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', sessionKey(secret, place), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(place));
  const encrypted = cipher.update(data);
  cipher.final();
  return Buffer.concat([secret.id, nonce, encrypted, cipher.getAuthTag()]);
}

/**
 * The decrypted data; `undefined` if none of the secrets encrypted it.
 *
 * @throws {SessionError} `SESS_UNDECODABLE` if it was altered or belongs to another key.
 */
export function decrypt(secrets: readonly EncryptionSecret[], place: Place, body: Buffer): Buffer | undefined {
  if (body.length < ID_BYTES + NONCE_BYTES + TAG_BYTES) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      `the stored session is encrypted, and cut off after ${body.length} bytes`,
    );
  }
  const candidates = secrets.filter(({ id }) => body.compare(id, 0, ID_BYTES, 0, ID_BYTES) === 0);
  for (const secret of candidates) {
    const data = decryptWith(secret, place, body);
    if (data !== undefined) return data;
  }
  if (candidates.length === 0) return undefined;
  throw new SessionError(
    'SESS_UNDECODABLE',
    'the stored session is encrypted, and was altered or belongs to another key',
  );
}

function decryptWith(secret: EncryptionSecret, place: Place, body: Buffer): Buffer | undefined {
  const nonce = body.subarray(ID_BYTES, ID_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', sessionKey(secret, place), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(place));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const data = decipher.update(body.subarray(ID_BYTES + NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    return data;
  } catch {
    return undefined;
  }
}
