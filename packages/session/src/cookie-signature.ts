import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
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
  /** The id, or `undefined` for what is malformed or was not signed with any of the secrets for a cookie of this name. */
  verify(cookieName: string, value: string): VerifiedId | undefined;
}

/** A signer whose first secret signs, and all of whose secrets verify. */
export function cookieSigner(secrets: readonly string[]): CookieSigner {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  const [first] = keys;
  if (first === undefined) throw new RangeError('cookieSigner needs at least one secret');
  return {
    sign: (cookieName, id) => `${id}.${signature(first, cookieName, id)}`,
    verify(cookieName, value) {
      if (value.length !== COOKIE_VALUE_LENGTH || value.charCodeAt(ID_LENGTH) !== DOT) return undefined;
      const id = value.slice(0, ID_LENGTH);
      const given = value.slice(ID_LENGTH + 1);
      const signer = keys.findIndex((key) => equalInConstantTime(signature(key, cookieName, id), given));
      return signer === -1 ? undefined : { id, rotated: signer > 0 };
    },
  };
}

const DOT = 0x2e;

/** The cookie's name is signed too, so that what was issued over plain HTTP is no good as a `__Host-` cookie. */
function signature(key: KeyObject, cookieName: string, id: string): string {
  return createHmac('sha256', key).update(`${cookieName}=${id}`).digest('base64url');
}

function equalInConstantTime(expected: string, given: string): boolean {
  // Compared as text, so that only the one spelling of a signature is taken. UTF-8: a wide character changes the length instead of wrapping round.
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
