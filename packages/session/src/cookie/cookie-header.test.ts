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

  it('finds the one that stands behind a thousand others of its name', () => {
    const header = `${'sess=junk; '.repeat(1_000)}sess=x${'; sess='.repeat(1_000)}`;
    expect(cookieValues(header, 'sess')).toEqual(['junk', 'x', '']);
  });

  it('takes no longer than the header is long', () => {
    for (const part of ['sess=x;', 'sess', 'sess=', ';sess', '=sess;', ' sess ']) {
      const started = process.cpuUsage();
      cookieValues(part.repeat(1_000_000 / part.length), 'sess');
      // The header has a megabyte: a search that restarted for each cookie would take minutes.
      expect(process.cpuUsage(started).user, part).toBeLessThan(3_000_000);
    }
  });

  // RFC 6265, 5.2; browsers let any sub-domain set a cookie whose name begins with another character, even if the rest
  // is `__Host-`.
  it.each([
    '\u00a0',
    '\u000b',
    '\u000c',
    '\r',
    '\n',
    '\u0085',
    '\ufeff',
    '\u2003',
    '\u2028',
    '\u0000',
    '"',
    '$',
    '\u00c2\u00a0',
  ])('takes only a space and a tab from around a name, not %j', (character) => {
    expect(cookieValues(`${character}sess=planted`, 'sess')).toEqual([]);
    expect(cookieValues(`a=b; ${character}sess=planted`, 'sess')).toEqual([]);
    expect(cookieValues(`sess${character}=planted`, 'sess')).toEqual([]);
    expect(cookieValues(` \tsess \t=own; ${character}sess=planted`, 'sess')).toEqual(['own']);
  });

  it.each([
    '=sess=planted',
    '; =sess=planted',
    ',sess=planted',
    'a=b, sess=planted',
    'a="; sess=planted; b="'.replace(/;/g, ','),
  ])('is not misled by %j', (header) => expect(cookieValues(header, 'sess')).toEqual([]));

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
