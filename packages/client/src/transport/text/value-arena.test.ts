import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueArena } from './value-arena.ts';

describe('ValueArena', () => {
  it('copies: what was read may be something else afterwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 20 }),
        fc.integer({ min: 0, max: 100 }),
        (lengths, gap) => {
          const end = lengths.reduce((sum, length) => sum + length + gap, 0);
          const bytes = Buffer.alloc(end);
          for (let index = 0; index < end; index += 1) bytes[index] = index % 251;
          const original = Buffer.from(bytes);
          const arena = new ValueArena();
          arena.reset();
          const copies: [from: number, copy: Buffer][] = [];
          let at = 0;
          for (const length of lengths) {
            copies.push([at, arena.copy(bytes, at, at + length, end)]);
            at += length + gap;
          }
          bytes.fill(255);
          arena.reset();
          lengths.forEach((length, index) => {
            const [from, copy] = copies[index] ?? [0, Buffer.alloc(0)];
            expect(copy.equals(original.subarray(from, from + length))).toBe(true);
          });
        },
      ),
    );
  });

  it('gives Buffers like any other', () => {
    const value = new ValueArena().copy(Buffer.from('a value'), 2, 7, 7);
    expect(Buffer.isBuffer(value)).toBe(true);
    expect(Object.getPrototypeOf(value)).toBe(Buffer.prototype);
    expect([value.toString(), value.subarray(1).toString(), value.slice(0, 1).toString()]).toEqual([
      'value',
      'alue',
      'v',
    ]);
  });

  it('holds no more memory for a value than a small multiple of what values of one read share', () => {
    const arena = new ValueArena();
    const bytes = Buffer.alloc(65_536);
    const value = arena.copy(bytes, 100, 200, bytes.length);
    expect(value.buffer.byteLength).toBeLessThanOrEqual(32_768);
  });

  it('does not take the bytes of an earlier read for those of a later one', () => {
    const arena = new ValueArena();
    arena.copy(Buffer.alloc(100, 'a'), 0, 10, 100);
    arena.reset();
    expect(arena.copy(Buffer.alloc(100, 'b'), 0, 10, 100).toString()).toBe('b'.repeat(10));
  });
});
