import { describe, expect, it } from 'vitest';
import { epochSecret } from './epoch-secrets.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const EPOCH = '0123456789abcdef01234567';
const HEAD_BYTES = 12;

describe('a stored epoch', () => {
  it.each([0, 2_592_000, 315_360_000])(
    'is opened as it was sealed, with an idle timeout of %i seconds',
    (ttlSeconds) => {
      const secret = epochSecret(SECRET, 's/');
      const key = secret.keyOf('USER_123');
      const epoch = { epoch: EPOCH, ttlSeconds };
      expect(secret.open(key, secret.seal(key, epoch))).toEqual(epoch);
      expect(secret.open(secret.keyOf('USER_456'), secret.seal(key, epoch))).toBeUndefined();
    },
  );

  it('of another application with the same secret is not taken for one with an idle timeout', () => {
    const other = epochSecret(SECRET, 'MORE/s/');
    const value = other.seal(other.keyOf('USER_123'), { epoch: EPOCH, ttlSeconds: 0 });
    const planted = Buffer.concat([value.subarray(0, HEAD_BYTES), Buffer.from('MORE'), value.subarray(HEAD_BYTES)]);
    const secret = epochSecret(SECRET, '/s/');
    expect(secret.open(secret.keyOf('USER_123'), planted)).toBeUndefined();
  });

  it.each([0, 31, 32, 43, 45, 47, 49])('of %i bytes is none', (length) => {
    const secret = epochSecret(SECRET, 's/');
    expect(secret.open(secret.keyOf('USER_123'), Buffer.alloc(length))).toBeUndefined();
  });
});
