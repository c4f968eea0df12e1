import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { ID_LENGTH } from './session-id.ts';

/** HMAC-SHA-256 in base64url without padding. */
const SIGNATURE_LENGTH = 43;

/** Length of a cookie's value, `<id>.<signature>`; any other is refused unseen. */
export const COOKIE_VALUE_LENGTH: number = ID_LENGTH + 1 + SIGNATURE_LENGTH;

/** What a cookie's value said, once its signature held. */
interface VerifiedId {
  readonly id: string;
  /** Whether a secret other than the first signed it, so that it should be signed anew. */
  readonly rotated: boolean;
}

/** Signs ids, and checks what comes back. */
export interface CookieSigner {
  sign(cookieName: string, id: string): string;
  /**
   * The id, or `undefined` for what is malformed or was not signed with any of the secrets for a cookie of this name.
   */
  verify(cookieName: string, value: string): VerifiedId | undefined;
}

/** A signer whose first secret signs, and all of whose secrets verify. */
export function cookieSigner(secrets: readonly string[]): CookieSigner {
  const macs = secrets.map(hmacSha256);
  const [first] = macs;
  if (first === undefined) throw new RangeError('cookieSigner needs at least one secret');
  return {
    sign: (cookieName, id) => `${id}.${first(signed(cookieName, id))}`,
    verify(cookieName, value) {
      if (value.length !== COOKIE_VALUE_LENGTH || value.charCodeAt(ID_LENGTH) !== DOT) return undefined;
      const id = value.slice(0, ID_LENGTH);
      const given = value.slice(ID_LENGTH + 1);
      const text = signed(cookieName, id);
      for (const mac of macs) if (equalInConstantTime(mac(text), given)) return { id, rotated: mac !== first };
      return undefined;
    },
  };
}

/** HMAC-SHA-256 under one secret, in base64url. */
function hmacSha256(secret: string): (text: string) => string {
  const key = createSecretKey(Buffer.from(secret));
  return (text) => createHmac('sha256', key).update(text).digest('base64url');
}

const DOT = 0x2e;

/**
 * What is signed. The cookie's name is in it, so that what was issued over plain HTTP is no good as a `__Host-` cookie.
 */
function signed(cookieName: string, id: string): string {
  return `${cookieName}=${id}`;
}

// One of each for the whole module, so that a comparison allocates nothing: it never yields.
const expectedBytes: Buffer = Buffer.alloc(SIGNATURE_LENGTH);
const givenBytes: Buffer = Buffer.alloc(SIGNATURE_LENGTH);

/**
 * Compared as text, so that only the one spelling of a signature is taken. A wide character becomes bytes that
 * base64url does not have.
 */
function equalInConstantTime(expected: string, given: string): boolean {
  expectedBytes.write(expected);
  return givenBytes.write(given) === SIGNATURE_LENGTH && timingSafeEqual(expectedBytes, givenBytes);
}
