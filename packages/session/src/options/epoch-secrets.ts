/**
 * How a user's epoch is stored. A writer to the store can't forge an epoch or copy one user's to another; a reader
 * can't find a user by trying names:
 *
 * | | what |
 * | --- | --- |
 * | key | `keyPrefix`, HMAC-SHA-256 of the user's name |
 * | bytes 0..11 | the epoch |
 * | bytes 12..15 | the idle timeout in seconds of the user's longest session, if it is longer than the option `ttlSeconds` |
 * | the last 32 bytes | HMAC-SHA-256 of the key and the bytes before |
 *
 * Both under a key that HKDF-SHA-256 derives from a secret of the application (no salt, info `@sess/session user
 * epochs`).
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { EPOCH_BYTES, type UserEpoch } from '../users/session-owner.ts';

const MAC_BYTES = 32;
const TTL_BYTES = 4;

/** Where and how epochs are stored under one secret. */
export interface EpochSecret {
  /** Never the key of a session, which is the SHA-256 of an id. */
  keyOf(user: string): string;
  seal(key: string, epoch: UserEpoch): Buffer;
  /** `undefined` if it was not sealed for this key with this secret. */
  open(key: string, value: Uint8Array): UserEpoch | undefined;
}

export function epochSecret(secret: string, keyPrefix: string): EpochSecret {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', '@sess/session user epochs', MAC_BYTES));
  const mac = (what: 'name' | 'epoch' | 'lasting epoch', ...parts: readonly (string | Uint8Array)[]): Buffer => {
    const hmac = createHmac('sha256', derived).update(`${what} `);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  };
  // Each has a fixed length and a name, so the parts of the input can't be confused.
  const macOf = (bytes: Buffer, key: string): Buffer =>
    mac(bytes.length === EPOCH_BYTES ? 'epoch' : 'lasting epoch', bytes, key);
  return {
    keyOf: (user) => keyPrefix + mac('name', user).toString('base64url'),
    seal(key, { epoch, ttlSeconds }) {
      const bytes = Buffer.alloc(ttlSeconds === 0 ? EPOCH_BYTES : EPOCH_BYTES + TTL_BYTES);
      bytes.write(epoch, 'hex');
      if (ttlSeconds > 0) bytes.writeUInt32BE(ttlSeconds, EPOCH_BYTES);
      return Buffer.concat([bytes, macOf(bytes, key)]);
    },
    open(key, value) {
      const bytes = Buffer.from(value.subarray(0, -MAC_BYTES));
      const isShort = bytes.length === EPOCH_BYTES;
      if (!isShort && bytes.length !== EPOCH_BYTES + TTL_BYTES) return undefined;
      if (!timingSafeEqual(macOf(bytes, key), value.subarray(-MAC_BYTES))) return undefined;
      return {
        epoch: bytes.toString('hex', 0, EPOCH_BYTES),
        ttlSeconds: isShort ? 0 : bytes.readUInt32BE(EPOCH_BYTES),
      };
    },
  };
}
