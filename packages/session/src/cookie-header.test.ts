import { parseCookie } from 'cookie';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieValues } from './cookie-header.ts';

describe('cookieValues', () => {
  it('finds a cookie among others', () => {
    expect(cookieValues('theme=dark; sess=abc; lang=en', 'sess')).toEqual(['abc']);
  });

  it('gives every cookie of the name, in order', () => {
    expect(cookieValues('sess=first; a=b; sess=second', 'sess')).toEqual(['first', 'second']);
  });

  it('looks at four at the most', () => {
    const header = Array.from({ length: 1_000 }, (_, n) => `sess=${n}`).join('; ');
    expect(cookieValues(header, 'sess')).toEqual(['0', '1', '2', '3']);
  });

  it('looks once at a cookie that came many times', () => {
    expect(cookieValues('sess=x; '.repeat(1_000), 'sess')).toEqual(['x']);
  });

  it('is not misled by names and values that contain the name', () => {
    expect(cookieValues('xsess=1; sessx=2; a=sess=3; "sess=4"; sess', 'sess')).toEqual([]);
  });

  it('agrees with the cookie package about the first', () => {
    const text = fc.string({ unit: fc.constantFrom('s', 'e', '=', ';', ' ', '\t', 'x', '"', ','), maxLength: 40 });
    const headers = fc.oneof(
      text,
      fc
        .array(fc.tuple(fc.constantFrom('s', 'se', 'x', ' s', 's\t', ''), text).map((pair) => pair.join('=')))
        .map((pairs) => pairs.join(';')),
    );
    fc.assert(
      fc.property(headers, (header) => {
        expect(cookieValues(header, 's')[0]).toBe(parseCookie(header)['s']);
      }),
      { numRuns: 2_000 },
    );
  });
});
