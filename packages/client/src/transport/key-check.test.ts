import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SessClientError } from '../errors.ts';
import { checkKey, isValidKey, MAX_KEY_BYTES } from './key-check.ts';

function refusal(key: unknown): SessClientError {
  try {
    checkKey(key);
  } catch (error) {
    if (error instanceof SessClientError) return error;
  }
  throw new Error('expected a SessClientError');
}

describe('checkKey', () => {
  it('takes every printable ASCII character but space', () => {
    for (let code = 0; code < 0x180; code += 1) {
      expect(isValidKey(`a${String.fromCharCode(code)}b`)).toBe(code > 0x20 && code < 0x7f);
    }
  });

  it('gives the same answer again, and again for another key', () => {
    for (let round = 0; round < 2; round += 1) {
      expect(['', 'a', 'a', '', 'b c', 'b c', 'a'].map((key) => isValidKey(key))).toEqual([
        false,
        true,
        true,
        false,
        false,
        false,
        true,
      ]);
    }
  });

  it('takes 250 bytes and refuses 251', () => {
    expect(() => checkKey('k'.repeat(MAX_KEY_BYTES))).not.toThrow();
    expect(refusal('k'.repeat(MAX_KEY_BYTES + 1)).message).toContain('is 251 bytes long');
  });

  it('refuses a line end at the very end, which an unanchored pattern would let pass', () => {
    expect(refusal('key\n').code).toBe('SESS_BAD_KEY');
    expect(refusal('key\r\n').message).toContain('U+000D at position 3');
  });

  it.each([
    ['', 'is empty'],
    [undefined, 'is of type undefined'],
    [null, 'is null'],
    [7, 'is of type number'],
    [Buffer.from('key'), 'is of type object'],
  ])('says what is wrong with %j', (key, text) => {
    expect(refusal(key)).toMatchObject({ code: 'SESS_BAD_KEY', retryable: false });
    expect(refusal(key).message).toContain(text);
  });

  it('never repeats the key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 8 }), (text) => {
        const key = `${text} secret`;
        expect(refusal(key).message).not.toContain(key);
      }),
    );
  });
});
