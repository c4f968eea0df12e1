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
  ])('can not be %s', (_, session) => {
    expect(() => encodeDocument(session)).toThrow(expect.objectContaining({ code: 'SESS_BAD_DATA' }));
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
