import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compress, decompress } from './compression.ts';
import { Encoding } from './envelope.ts';

const cart = Buffer.from(JSON.stringify(Array.from({ length: 100 }, (_, n) => ({ sku: `sku-${n}`, quantity: 1 }))));
const noise = Buffer.from(Array.from({ length: 2_000 }, (_, n) => (n * n * 7_919 + n * 31) & 0xff));

describe.each(['deflate', 'brotli'] as const)('compression with %s', (algorithm) => {
  const bit = Encoding[algorithm];

  it('makes larger data smaller, and gives it back', () => {
    const smaller = compress(cart, { aboveBytes: 1_024, algorithm });
    expect(smaller?.length).toBeLessThan(cart.length / 4);
    expect(decompress(bit, smaller ?? Buffer.alloc(0))).toEqual(cart);
  });

  it('leaves alone what is small, or would not get smaller', () => {
    expect(compress(cart, { aboveBytes: cart.length, algorithm })).toBeUndefined();
    expect(compress(randomBytes(2_000), { aboveBytes: 0, algorithm })).toBeUndefined();
  });

  it('reads up to the largest session, and not a byte of what would burst', () => {
    const compressed = algorithm === 'brotli' ? brotliCompressSync : deflateRawSync;
    expect(decompress(bit, compressed(Buffer.alloc(1_000_000, 'x'))).length).toBe(1_000_000);
    expect(() => decompress(bit, compressed(Buffer.alloc(50_000_000, 'x')))).toThrow(
      expect.objectContaining({
        code: 'SESS_UNDECODABLE',
        message: expect.stringContaining('more than 1000064 bytes'),
      }),
    );
  });

  it.each([
    ['damaged', noise],
    ['empty', Buffer.alloc(0)],
  ])('calls what is %s undecodable', (_, bytes) => {
    expect(() => decompress(bit, bytes)).toThrow(expect.objectContaining({ code: 'SESS_UNDECODABLE' }));
  });
});
