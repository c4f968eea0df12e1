import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeData, encodeData } from './json.ts';

const sessionData = fc.dictionary(fc.string(), fc.jsonValue());

function refused(message: string): unknown {
  return expect.objectContaining({ code: 'SESS_BAD_DATA', message: expect.stringContaining(message) });
}

describe('encoding', () => {
  it('gives back what JSON can carry', () => {
    fc.assert(
      fc.property(sessionData, (data) => {
        const text = encodeData(data);
        fc.pre(!/proto|constructor/.test(text));
        expect(decodeData(text)).toEqual(JSON.parse(text));
        expect(encodeData(decodeData(text))).toBe(text);
      }),
    );
  });

  it('is whole UTF-8 whatever the strings hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = encodeData({ value });
        expect(Buffer.from(text).toString()).toBe(text);
      }),
    );
  });

  it('names the field that holds a BigInt, and does not show it', () => {
    const error = failure(() => encodeData({ fine: 1, total: { cents: 12_345n } }));
    expect(error).toMatchObject({ code: 'SESS_BAD_DATA', message: expect.stringContaining('session.data.total') });
    expect(error.message).toContain('a BigInt');
    expect(error.message).not.toContain('12345');
  });

  it('names the field that holds a cycle', () => {
    const node: Record<string, unknown> = {};
    node['self'] = node;
    expect(() => encodeData({ node })).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_DATA', message: expect.stringContaining('session.data.node') }),
    );
  });

  it('refuses data whose own toJSON makes something else of it', () => {
    expect(() => encodeData({ toJSON: () => 'text' })).toThrow(expect.objectContaining({ code: 'SESS_BAD_DATA' }));
  });
});

describe('what JSON would lose or change', () => {
  it.each([
    ['a Map', new Map()],
    ['a function', () => 1],
    ['NaN', NaN],
    ['a Date', new Date(0)],
    ['a URLSearchParams', new URLSearchParams()],
  ])('is refused: %s', (what, value) => {
    expect(() => encodeData({ field: value })).toThrow(
      refused(`session.data.field holds ${what}, which JSON would lose or change`),
    );
    expect(() => encodeData({ field: [{ deep: [value] }] })).toThrow(
      refused(`session.data.field, 3 levels deeper, holds ${what}`),
    );
  });

  it('is refused where the data as a whole is lost', () => {
    expect(() => encodeData(new Map())).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_DATA', message: expect.stringContaining('session.data holds a Map') }),
    );
  });

  it('is refused where it is too large for any limit, before it is written', () => {
    expect(() => encodeData({ field: Array(30).fill('x'.repeat(50_000)) })).toThrow(
      expect.objectContaining({ code: 'SESS_TOO_LARGE' }),
    );
  });

  it('does not quote what a getter throws', () => {
    const error = failure(() =>
      encodeData({
        get field(): string {
          throw new TypeError('USER_123');
        },
      }),
    );
    expect(`${error.message} ${String(error.cause)}`).not.toContain('USER');
  });
});

describe('decoding', () => {
  it('drops keys through which a merge could reach every object', () => {
    const data = decodeData(
      '{"a":{"__proto__":{"polluted":true}},"constructor":{"prototype":{"polluted":true}},"prototype":{"x":1},"kept":1}',
    );
    expect(Object.keys(data)).toEqual(['a', 'kept']);
    merge({}, data);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('drops them when their letters are escaped', () => {
    const data = decodeData(
      String.raw`{"\u005f_proto__":{"polluted":true},"c\u006fnstructor":{"prototype":{}},"kept":1}`,
    );
    expect(Object.keys(data)).toEqual(['kept']);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  });

  it('keeps a plain value under such a name', () => {
    expect(decodeData('{"constructor":"Ferrari","prototype":3}')).toEqual({ constructor: 'Ferrari', prototype: 3 });
  });

  it.each(['', 'null', '[]', '"text"', '1', '{', '{"a":1}x'])('refuses %j', (text) => {
    expect(() => decodeData(text)).toThrow(expect.objectContaining({ code: 'SESS_UNDECODABLE' }));
  });

  it('refuses what is nested deeper, or larger, than what is ever stored, in a time that grows with its size', () => {
    const [deep, large] = [`{"a":${'['.repeat(250_000)}${']'.repeat(250_000)}}`, `{"a":"${'x'.repeat(1_000_000)}"}`];
    const polluting = `{"__proto__":${'{"constructor":'.repeat(50_000)}1${'}'.repeat(50_000)}}`;
    const started = process.cpuUsage();
    for (const text of [deep, large, polluting]) {
      expect(() => decodeData(text)).toThrow(expect.objectContaining({ code: 'SESS_UNDECODABLE' }));
    }
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
    const allowed = `{"a":${'['.repeat(99)}${']'.repeat(99)}}`;
    expect(encodeData(decodeData(allowed))).toBe(allowed);
  });

  it('does not quote what it could not decode', () => {
    // `JSON.parse` quotes the beginning of the second text in its error.
    for (const text of ['{"user":"USER_123"', 'USER_123']) {
      const error = failure(() => decodeData(text));
      expect(`${error.message} ${String(error.cause)}`).not.toContain('USER');
    }
  });
});

/** A typical merge that does not check keys. */
function merge(target: Record<string, unknown>, source: object): void {
  for (const [key, value] of Object.entries(source)) {
    const present = target[key];
    if (typeof value !== 'object' || value === null) target[key] = value;
    else if (typeof present === 'object' || typeof present === 'function')
      merge(present as Record<string, unknown>, value);
    else merge((target[key] = {}), value);
  }
}

function failure(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
