import { createHash } from 'node:crypto';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { md5, md5KeyHash } from './md5.ts';

function hex(text: string): string {
  const bytes = Buffer.alloc(16);
  for (const [word, value] of md5(text).entries()) bytes.writeInt32LE(value, word * 4);
  return bytes.toString('hex');
}

function expected(text: string): Buffer {
  return createHash('md5').update(text, 'utf8').digest();
}

test('is the MD5 that Node.js computes, for any text', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 40, maxLength: 300 })),
      (text) => {
        expect(hex(text)).toBe(expected(text).toString('hex'));
      },
    ),
    { numRuns: 2000 },
  );
});

test('is right at every length around the ends of blocks', () => {
  for (let length = 0; length <= 260; length += 1) {
    const text = Array.from({ length }, (_, at) => String.fromCharCode(33 + ((at * 7 + length) % 94))).join('');
    expect(hex(text), `length ${length}`).toBe(expected(text).toString('hex'));
  }
});

test('is right for texts longer than the shared room, and leaves nothing behind for the next', () => {
  for (const text of ['x'.repeat(1024), 'x'.repeat(1025), '€'.repeat(1024), 'é'.repeat(100_000), 'short']) {
    expect(hex(text)).toBe(expected(text).toString('hex'));
  }
});

test('hashes half of a surrogate pair as Node.js does, as U+FFFD', () => {
  expect(hex('sess:\ud800')).toBe(expected('sess:\ufffd').toString('hex'));
  expect(hex('\udc00sess')).toBe(expected('\ufffdsess').toString('hex'));
});

test('hashes a key to the first four bytes, little-endian', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      expect(md5KeyHash(key)).toBe(expected(key).readInt32LE(0));
    }),
  );
});
