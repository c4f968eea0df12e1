import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COOKIE_VALUE_LENGTH, cookieSigner } from './cookie-signature.ts';
import { newSessionId } from './session-id.ts';

const NAME = '__Host-sess';
const OLD = 'the old secret, which has thirty-two bytes';
const NEW = 'the new secret, which has thirty-two bytes';

describe('a cookie signer', () => {
  it('signs the id and the name of the cookie with HMAC-SHA-256', () => {
    const id = newSessionId();
    const expected = createHmac('sha256', OLD).update(`${NAME}=${id}`).digest('base64url');
    expect(cookieSigner([OLD]).sign(NAME, id)).toBe(`${id}.${expected}`);
    expect(cookieSigner([OLD]).sign(NAME, id)).toHaveLength(COOKIE_VALUE_LENGTH);
  });

  it('takes back what it signed', () => {
    const id = newSessionId();
    const signer = cookieSigner([OLD]);
    expect(signer.verify(NAME, signer.sign(NAME, id))).toEqual({ id, rotated: false });
  });

  it('takes what an older secret signed, and says that it should be signed anew', () => {
    const id = newSessionId();
    const signedBefore = cookieSigner([OLD]).sign(NAME, id);
    expect(cookieSigner([NEW, OLD]).verify(NAME, signedBefore)).toEqual({ id, rotated: true });
    expect(cookieSigner([NEW]).verify(NAME, signedBefore)).toBeUndefined();
  });

  it('signs with the first secret', () => {
    const id = newSessionId();
    expect(cookieSigner([NEW, OLD]).sign(NAME, id)).toBe(cookieSigner([NEW]).sign(NAME, id));
  });

  it('refuses a value that was signed for a cookie of another name', () => {
    const signer = cookieSigner([OLD]);
    expect(signer.verify(NAME, signer.sign('sess', newSessionId()))).toBeUndefined();
  });

  it('refuses a value in which one character is another', () => {
    const signer = cookieSigner([OLD]);
    const value = signer.sign(NAME, newSessionId());
    const character = fc.string({
      unit: fc.constantFrom(
        'A',
        'B',
        'Z',
        'a',
        'z',
        '0',
        '9',
        '-',
        '_',
        '.',
        '%',
        '=',
        ' ',
        '\u00e9',
        '\u0141',
        '\u{1f600}',
      ),
      minLength: 1,
      maxLength: 1,
    });
    fc.assert(
      fc.property(fc.nat(value.length - 1), character, (place, other) => {
        fc.pre(value[place] !== other);
        expect(signer.verify(NAME, value.slice(0, place) + other + value.slice(place + 1))).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses a value that is too short or too long', () => {
    const signer = cookieSigner([OLD]);
    const value = signer.sign(NAME, newSessionId());
    for (const wrong of ['', value.slice(0, -1), `${value}A`, value.slice(1), value.repeat(100)]) {
      expect(signer.verify(NAME, wrong)).toBeUndefined();
    }
  });

  it('refuses any other text', () => {
    const signer = cookieSigner([OLD, NEW]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(signer.verify(NAME, text)).toBeUndefined();
      }),
    );
  });

  it('knows only one spelling of a signature', () => {
    // 43 characters of base64url hold 258 bits, two more than the signature: decoding would ignore the last two.
    const signer = cookieSigner([OLD]);
    const value = signer.sign(NAME, newSessionId());
    const bytes = Buffer.from(value.slice(33), 'base64url');
    const spellings = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .map((last) => value.slice(0, -1) + last);
    const sameBytes = spellings.filter((spelling) => Buffer.from(spelling.slice(33), 'base64url').equals(bytes));
    expect(sameBytes).toHaveLength(4);
    expect(sameBytes.filter((spelling) => signer.verify(NAME, spelling) !== undefined)).toEqual([value]);
  });
});
