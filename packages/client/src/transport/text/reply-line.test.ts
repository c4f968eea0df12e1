import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyFault } from './reply-fault.ts';
import { ReplyLine } from './reply-line.ts';

/** A line in the middle of other bytes, as in data read from a socket. */
function lineOf(text: string): ReplyLine {
  const bytes = Buffer.from(`9 ${text}9 9`, 'latin1');
  return new ReplyLine().set(bytes, 2, bytes.length - 3);
}

describe('ReplyLine', () => {
  it('reads unsigned 64-bit numbers exactly, as a number where one can hold them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const line = lineOf(`${value} rest`);
        expect(line.unsigned64()).toBe(value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);
        expect(line.text()).toBe(' rest');
      }),
      {
        examples: [
          [0n],
          [999_999_999_999_999n],
          [1_000_000_000_000_000n],
          [2n ** 53n - 1n],
          [2n ** 53n],
          [2n ** 64n - 1n],
        ],
      },
    );
  });

  it.each(['18446744073709551616', '100000000000000000000', '0000000000000000000000001', '', ' 1', '-1', 'x'])(
    'finds no unsigned 64-bit number in "%s"',
    (text) => {
      expect(() => lineOf(text).unsigned64()).toThrow(ReplyFault);
    },
  );

  it('reads unsigned 32-bit numbers and nothing above', () => {
    expect(lineOf('4294967295').unsigned32()).toBe(0xffff_ffff);
    expect(() => lineOf('4294967296').unsigned32()).toThrow(ReplyFault);
    expect(() => lineOf('9999999999999999').unsigned32()).toThrow(ReplyFault);
  });

  it('reads a time to live, of which -1 is for ever', () => {
    expect(lineOf('3600').ttl()).toBe(3600);
    expect(lineOf('-1').ttl()).toBe(-1);
    for (const text of ['-2', '-', '--1', '']) expect(() => lineOf(text).ttl()).toThrow(ReplyFault);
  });

  it('compares with the whole of the line, or its beginning', () => {
    expect(lineOf('END').is('END')).toBe(true);
    expect(lineOf('EN').is('END')).toBe(false);
    expect(lineOf('END ').is('END')).toBe(false);
    expect(lineOf('VALUE k').startsWith('VALUE ')).toBe(true);
    expect(lineOf('VALU').startsWith('VALUE ')).toBe(false);
  });

  it('does not read past its end', () => {
    const line = lineOf('');
    expect([line.done, line.peek(), line.take(), line.text()]).toEqual([true, -1, -1, '']);
    expect(() => line.space()).toThrow(ReplyFault);
  });
});
