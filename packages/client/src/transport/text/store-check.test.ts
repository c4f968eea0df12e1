import { describe, expect, it } from 'vitest';
import { checkCas, checkFlags, checkValue } from './store-check.ts';

const BAD = expect.objectContaining({ code: 'SESS_BAD_VALUE', node: 'n:1', retryable: false });

describe('checkValue', () => {
  it('takes bytes up to the bound', () => {
    expect(() => checkValue('n:1', new Uint8Array(10), 10)).not.toThrow();
    expect(() => checkValue('n:1', Buffer.alloc(0), 10)).not.toThrow();
  });

  it('refuses what is larger, and says both numbers', () => {
    expect(() => checkValue('n:1', new Uint8Array(11), 10)).toThrow(
      expect.objectContaining({ code: 'SESS_TOO_LARGE', message: expect.stringMatching(/11 bytes.* 10;/) }),
    );
  });

  it.each(['text', null, undefined, 5, [1, 2], new Uint16Array(2), new ArrayBuffer(3), { length: 3 }])(
    'refuses %j',
    (value) => {
      expect(() => checkValue('n:1', value, 10)).toThrow(BAD);
    },
  );
});

describe('checkFlags', () => {
  it('takes unsigned 32-bit numbers', () => {
    for (const flags of [0, 1, 0xffff_ffff]) expect(() => checkFlags('n:1', flags)).not.toThrow();
  });

  it.each([-1, 0x1_0000_0000, 1.5, Number.NaN, '1', undefined, 1n])('refuses %s', (flags) => {
    expect(() => checkFlags('n:1', flags)).toThrow(BAD);
  });
});

describe('checkCas', () => {
  it('takes unsigned 64-bit numbers', () => {
    for (const unique of [1, Number.MAX_SAFE_INTEGER, 1n, 2n ** 64n - 1n]) {
      expect(() => checkCas('n:1', { unique, epoch: 1 })).not.toThrow();
    }
  });

  it.each([0, 0n, -1, 0.5, 2 ** 53, -1n, 2n ** 64n, '1' as unknown as number])('refuses %s', (unique) => {
    expect(() => checkCas('n:1', { unique, epoch: 1 })).toThrow(BAD);
  });
});
