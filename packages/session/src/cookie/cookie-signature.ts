import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { ID_LENGTH } from './session-id.ts';

/** HMAC-SHA-256 in base64url without padding. */
const SIGNATURE_LENGTH = 43;

/** Length of a cookie's value, `<id>.<signature>`; a value of another length is refused without a hash. */
export const COOKIE_VALUE_LENGTH: number = ID_LENGTH + 1 + SIGNATURE_LENGTH;

/** The content of a cookie whose signature is valid. */
interface VerifiedId {
  readonly id: string;
  /** Whether a secret other than the first signed it: then it should be signed again. */
  readonly rotated: boolean;
}

/** Signs ids and verifies them. */
export interface CookieSigner {
  sign(cookieName: string, id: string): string;
  /** The id; `undefined` if the value is malformed, or none of the secrets signed it for a cookie of this name. */
  verify(cookieName: string, value: string): VerifiedId | undefined;
}

/** A signer: the first secret signs, all secrets verify. */
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
 * The text to sign. It contains the cookie's name, so a value issued over plain HTTP is not valid as a `__Host-`
 * cookie.
 */
function signed(cookieName: string, id: string): string {
  return `${cookieName}=${id}`;
}

// Shared by all comparisons, so that none allocates; safe because a comparison is synchronous.
const expectedBytes: Buffer = Buffer.alloc(SIGNATURE_LENGTH);
const givenBytes: Buffer = Buffer.alloc(SIGNATURE_LENGTH);

/**
 * Compares the text, so only one spelling of a signature is valid. A wide character becomes bytes that base64url does
 * not have.
 */
function equalInConstantTime(expected: string, given: string): boolean {
  expectedBytes.write(expected);
  return givenBytes.write(given) === SIGNATURE_LENGTH && timingSafeEqual(expectedBytes, givenBytes);
}
