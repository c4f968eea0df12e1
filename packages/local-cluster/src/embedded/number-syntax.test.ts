import { describe, expect, test } from 'vitest';
import { parseInt32, parseUint32, parseUint64 } from './number-syntax.ts';

describe('numbers are read as memcached reads them', () => {
  test.each([
    ['0', 0],
    ['-1', -1],
    ['+7', 7],
    ['007', 7],
    ['\t5', 5],
    ['5\r', 5],
    ['2147483648', -2147483648],
    ['4294967296', 0],
    ['9223372036854775807', -1],
    ['9223372036854775808', undefined],
    ['', undefined],
    ['x', undefined],
    ['1x', undefined],
    ['1.5', undefined],
    ['0x10', undefined],
    ['-', undefined],
  ])('a signed number of 32 bits: %j is %j', (text, value) => {
    expect(parseInt32(text)).toBe(value);
  });

  test.each([
    ['4294967295', 4294967295],
    ['4294967296', 0],
    ['-1', undefined],
    ['18446744073709551616', undefined],
  ])('an unsigned number of 32 bits: %j is %j', (text, value) => {
    expect(parseUint32(text)).toBe(value);
  });

  test.each([
    ['18446744073709551615', '18446744073709551615'],
    ['18446744073709551616', 'undefined'],
    ['-1', 'undefined'],
    ['-18446744073709551615', '1'],
    ['12 abc', '12'],
  ])('an unsigned number of 64 bits: %j is %s', (text, value) => {
    expect(String(parseUint64(text))).toBe(value);
  });
});
