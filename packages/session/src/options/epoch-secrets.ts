/**
 * How a user's epoch is stored. A writer to the store can't forge an epoch or copy one user's to another; a reader
 * can't find a user by trying names:
 *
 * | | what |
 * | --- | --- |
 * | key | `keyPrefix`, HMAC-SHA-256 of the user's name |
 * | bytes 0..11 | the epoch |
 * | bytes 12..43 | HMAC-SHA-256 of the key and the epoch |
 *
 * Both under a key that HKDF-SHA-256 derives from a secret of the application (no salt, info `@sess/session user
 * epochs`).
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { EPOCH_BYTES, type Epoch } from '../users/session-owner.ts';

const MAC_BYTES = 32;

/** Where and how epochs are stored under one secret. */
export interface EpochSecret {
  /** Never the key of a session, which is the SHA-256 of an id. */
  keyOf(user: string): string;
  seal(key: string, epoch: Epoch): Buffer;
  /** `undefined` if it was not sealed for this key with this secret. */
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
      // An epoch has a fixed length, so the parts of the input can't be confused.
      return Buffer.concat([bytes, mac('epoch', bytes, key)]);
    },
    open(key, value) {
      if (value.length !== EPOCH_BYTES + MAC_BYTES) return undefined;
      const bytes = Buffer.from(value.subarray(0, EPOCH_BYTES));
      return timingSafeEqual(mac('epoch', bytes, key), value.subarray(EPOCH_BYTES)) ? bytes.toString('hex') : undefined;
    },
  };
}
