import { describe, expect, it } from 'vitest';
import { decodeDocument, encodeDocument } from './document.ts';

describe('a session as JSON', () => {
  it('comes back as it was', () => {
    const session = { user: 'Ünïcode', nested: { list: [1, null] } };
    expect(decodeDocument(Buffer.from(encodeDocument(session)))).toEqual(session);
  });

  it.each<[string, object]>([
    ['a BigInt', { count: 1n }],
    ['a list', []],
    ['nothing', { toJSON: () => undefined }],
    ['what holds a Map', { cart: new Map() }],
    ['what holds a function', { cart: () => 1 }],
    ['what holds NaN', { count: NaN }],
    ['what holds undefined in a list', { list: [undefined] }],
    ['what holds a date that is none', { when: new Date(NaN) }],
    ['nested without end', { list: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown }],
  ])('can not be %s', (_, session) => {
    expect(() => encodeDocument(session)).toThrow(expect.objectContaining({ code: 'SESS_BAD_DATA' }));
  });

  it('is named where it is lost', () => {
    expect(() => encodeDocument({ cart: { items: new Set() } })).toThrow(
      'the session\'s "cart", 1 level deeper, holds a Set',
    );
  });

  it('may hold a date, as text, and the fields of a class’s object', () => {
    class Cart {
      items = ['sku-1'];
    }
    expect(encodeDocument({ when: new Date(0), cart: new Cart() })).toBe(
      '{"when":"1970-01-01T00:00:00.000Z","cart":{"items":["sku-1"]}}',
    );
  });

  it('is none that is nested deeper than what is ever stored', () => {
    expect(decodeDocument(Buffer.from(`{"a":${'['.repeat(250_000)}${']'.repeat(250_000)}}`))).toBeUndefined();
  });

  it('keeps neither constructor nor prototype where they hold objects, however deep', () => {
    const text = String.raw`{"constructor":{"prototype":{"admin":true}},"a":[{"prototype":{"x":1},"constructor":{}}],"b":{"constructor":"Ferrari"}}`;
    const document = decodeDocument(Buffer.from(text));
    expect(JSON.stringify(document)).toBe('{"a":[{}],"b":{"constructor":"Ferrari"}}');
  });

  it.each(['', 'null', '[1]', '"text"', '{"half', '\u0000\u0001'])('is no session: %j', (text) => {
    expect(decodeDocument(Buffer.from(text))).toBeUndefined();
  });

  it.each(['{"__proto__":{"admin":true},"user":1}', String.raw`{"\u005f_proto__":{"admin":true},"user":1}`])(
    'gets no other prototype from %s',
    (text) => {
      const copy = Object.assign({}, decodeDocument(Buffer.from(text)));
      expect(copy).toEqual({ user: 1 });
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    },
  );
});
