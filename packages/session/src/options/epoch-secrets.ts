/**
 * How a user's epoch is stored, so that who can write to the store can neither make one up nor give a user another
 * one's, and who can read it can't try names until one fits:
 *
 * | | what |
 * | --- | --- |
 * | key | `keyPrefix`, HMAC-SHA-256 of the user's name |
 * | bytes 0..11 | the epoch |
 * | bytes 12..43 | HMAC-SHA-256 of the key and the epoch |
 *
 * Both under a key that HKDF-SHA-256 derives from a secret of the application (no salt, info
 * `@sess/session user epochs`).
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { EPOCH_BYTES, type Epoch } from '../users/session-owner.ts';

const MAC_BYTES = 32;

/** Where and how epochs are stored under one secret. */
export interface EpochSecret {
  /** No session is stored there: its key is the SHA-256 of an id. */
  keyOf(user: string): string;
  seal(key: string, epoch: Epoch): Buffer;
  /** `undefined` for what was not stored under this key with this secret. */
  open(key: string, value: Uint8Array): Epoch | undefined;
}

export function epochSecret(secret: string, keyPrefix: string): EpochSecret {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', '@sess/session user epochs', MAC_BYTES));
  const mac = (what: 'name' | 'epoch', ...parts: readonly (string | Uint8Array)[]): Buffer => {
    const hmac = createHmac('sha256', derived).update(`${what} `);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  };
  return {
    keyOf: (user) => keyPrefix + mac('name', user).toString('base64url'),
    seal(key, epoch) {
      const bytes = Buffer.from(epoch, 'hex');
      // An epoch has one length, so what is before and after it can't be mistaken for a part of it.
      return Buffer.concat([bytes, mac('epoch', bytes, key)]);
    },
    open(key, value) {
      if (value.length !== EPOCH_BYTES + MAC_BYTES) return undefined;
      const bytes = Buffer.from(value.subarray(0, EPOCH_BYTES));
      return timingSafeEqual(mac('epoch', bytes, key), value.subarray(EPOCH_BYTES)) ? bytes.toString('hex') : undefined;
    },
  };
}
