import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256 } from './hmac-sha256.ts';

const expected = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64url');

describe('HMAC-SHA-256', () => {
  it('says what createHmac says, for keys below, at and above the block size, and texts of any length, in any order', () => {
    const keys = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('k'.repeat(63), 'k'.repeat(64), 'k'.repeat(65)));
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 400 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(keys, texts, (key, all) => {
        const mac = hmacSha256(key);
        for (const text of all) expect(mac(text)).toBe(expected(key, text));
      }),
    );
  });

  it('keeps two keys apart', () => {
    const [one, other] = [hmacSha256('one'), hmacSha256('other')];
    expect([one('text'), other('text'), one('text')]).toEqual([
      expected('one', 'text'),
      expected('other', 'text'),
      expected('one', 'text'),
    ]);
  });
});
