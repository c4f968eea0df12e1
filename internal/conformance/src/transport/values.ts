import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const LARGEST = 1_000_000;
/** Around the sizes of buffers, socket reads and slabs. */
const SIZES = [
  0,
  1,
  2,
  23,
  24,
  1_023,
  1_024,
  8_191,
  16_384,
  65_535,
  65_536,
  65_537,
  262_144,
  524_289,
  LARGEST - 1,
  LARGEST,
];
/** All characters that a key may have. */
const KEY_CHARACTERS = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index));
const TREACHEROUS = [
  '\r\n',
  'END\r\n',
  'VALUE key 0 1\r\nx\r\nEND\r\n',
  'HD\r\n',
  'EN\r\n',
  'VA 1\r\nx\r\n',
  '\r\nflush_all\r\n',
  '\0',
  '\x80\x81',
  'mn\r\nMN\r\n',
];

export function valueSection(bench: () => Bench): void {
  describe('values', () => {
    it.each(SIZES)('of %d bytes come back as they are', async (size) => {
      const key = bench().key();
      using opened = bench().open();
      const value = noise(size);
      expect(await opened.transport.store('set', key, value, ATTRIBUTES)).toBe('stored');
      const item = await opened.transport.get(key);
      expect(item?.value.equals(value)).toBe(true);
    });

    it('of any bytes come back as they are', async () => {
      const key = bench().key();
      using opened = bench().open();
      const treacherous = fc.constantFrom(...TREACHEROUS).map((text) => new Uint8Array(Buffer.from(text, 'latin1')));
      const bytes = fc.oneof(
        { weight: 3, arbitrary: fc.uint8Array({ maxLength: 2_000 }) },
        { weight: 1, arbitrary: treacherous },
      );
      await fc.assert(
        fc.asyncProperty(bytes, async (value) => {
          await opened.transport.store('set', key, value, ATTRIBUTES);
          const item = await opened.transport.get(key);
          expect(item?.value).toBeInstanceOf(Buffer);
          expect(item?.value.equals(value)).toBe(true);
        }),
        { numRuns: 200 },
      );
    });

    it('that look like commands are not obeyed', async () => {
      const [witness, key] = [bench().key(), bench().key()];
      using opened = bench().open();
      await opened.transport.store('set', witness, Buffer.from('still here'), ATTRIBUTES);
      for (const text of ['\r\nflush_all\r\n', `x\r\ndelete ${witness}\r\n`, `x\r\nmd ${witness}\r\n`]) {
        await opened.transport.store('set', key, Buffer.from(text), ATTRIBUTES);
        await opened.transport.store({ cas: { unique: 1n, epoch: -1 } }, key, Buffer.from(text), ATTRIBUTES);
      }
      expect((await opened.transport.get(witness))?.value.toString()).toBe('still here');
    });

    it('that are a view of something larger are what the view shows', async () => {
      const key = bench().key();
      using opened = bench().open();
      const whole = Uint8Array.from(Buffer.from('-value-'));
      await opened.transport.store('set', key, whole.subarray(1, 6), ATTRIBUTES);
      expect((await opened.transport.get(key))?.value.toString()).toBe('value');
    });

    it('may be kept by whoever read them', async () => {
      const [kept, other] = [bench().key(), bench().key()];
      using opened = bench().open();
      const value = noise(300);
      await opened.transport.store('set', kept, value, ATTRIBUTES);
      await opened.transport.store('set', other, Buffer.alloc(300, 0xff), ATTRIBUTES);
      const item = await opened.transport.get(kept);
      for (let round = 0; round < 200; round += 1) await opened.transport.get(other);
      expect(item?.value.equals(value)).toBe(true);
    });
  });

  describe('flags', () => {
    it.each([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])('of %d come back from get and touch', async (flags) => {
      const key = bench().key();
      using opened = bench().open();
      await opened.transport.store('set', key, Buffer.from('v'), { ttlSeconds: 600, flags });
      expect((await opened.transport.get(key))?.flags).toBe(flags);
      expect(await opened.transport.touch(key, 600)).toEqual({ flags });
    });
  });

  describe('keys', () => {
    it('of one byte and of 250 bytes are taken', async () => {
      using opened = bench().open();
      for (const key of ['k', 'x'.repeat(250)]) {
        await opened.transport.store('set', key, Buffer.from(key), ATTRIBUTES);
        expect((await opened.transport.get(key))?.value.toString()).toBe(key);
        expect(await opened.transport.touch(key, 600)).toEqual({ flags: 0 });
      }
    });

    it('of any printable characters are told apart', async () => {
      using opened = bench().open();
      const keys = fc.uniqueArray(
        fc.string({ unit: fc.constantFrom(...KEY_CHARACTERS), minLength: 1, maxLength: 250 }),
        { maxLength: 10 },
      );
      await fc.assert(
        fc.asyncProperty(keys, async (names) => {
          await Promise.all(names.map((key) => opened.transport.store('set', key, Buffer.from(key), ATTRIBUTES)));
          const items = await Promise.all(names.map((key) => opened.transport.get(key)));
          expect(items.map((item) => item?.value.toString())).toEqual(names);
          const touched = await Promise.all(names.map((key) => opened.transport.touch(key, 600)));
          expect(touched).toEqual(names.map(() => ({ flags: 0 })));
        }),
      );
    });
  });
}

/** Pseudo-random bytes, in which a shift can't go unnoticed; the same for the same size. */
export function noise(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let state = size + 1;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
