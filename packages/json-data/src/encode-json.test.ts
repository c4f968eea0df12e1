import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeJson, type EncodeJsonOptions, type JsonLoss } from './encode-json.ts';

class Refused extends Error {
  readonly loss: JsonLoss;

  constructor(refused: JsonLoss, cause: unknown) {
    super(refused.what ?? 'too large', { cause });
    this.loss = refused;
  }
}

function encode(data: object, options: Partial<EncodeJsonOptions> = {}): string {
  return encodeJson(
    data,
    { maxBytes: 1_000_000, changes: 'nothing', ...options },
    (refused, cause) => new Refused(refused, cause),
  );
}

function loss(data: object, options: Partial<EncodeJsonOptions> = {}): JsonLoss | undefined {
  try {
    encode(data, options);
  } catch (error) {
    if (error instanceof Refused) return error.loss;
    throw error;
  }
  return undefined;
}

class Cart {
  items = ['sku-1'];
}

class Secretive {
  #items = ['sku-1'];
  get count(): number {
    return this.#items.length;
  }
}

/** Values that JSON would change, and the words in which they are refused. */
const LOST: readonly (readonly [what: string, value: unknown])[] = [
  ['a Map', new Map([['a', 1]])],
  ['a Set', new Set([1])],
  ['a WeakMap', new WeakMap()],
  ['a WeakSet', new WeakSet()],
  ['a function', () => 1],
  // oxlint-disable-next-line typescript/no-extraneous-class -- a class without anything is what a careless application may store
  ['a function', class {}],
  ['a symbol', Symbol('s')],
  ['a BigInt', 12_345n],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['a RegExp', /x/],
  ['an Error', new Error('x')],
  ['a Promise', Promise.resolve()],
  ['an ArrayBuffer', new ArrayBuffer(1)],
  ['a Uint8Array', new Uint8Array(2)],
  ['a Float64Array', new Float64Array(2)],
  ['a DataView', new DataView(new ArrayBuffer(1))],
  ['a URLSearchParams', new URLSearchParams('a=1')],
  ['a Headers', new Headers({ a: '1' })],
  ['a FormData', new FormData()],
  ['a Blob', new Blob(['x'])],
  ['a Secretive', new Secretive()],
  ['an object of a class', [1][Symbol.iterator]()],
  ['an array with holes', Array.from({ length: 1 }).concat(Array(2))],
  ['undefined in an array', [1, undefined]],
];

/** Values that change their form without losing anything. */
const CHANGED: readonly (readonly [what: string, value: unknown])[] = [
  ['a Date', new Date(0)],
  ['a URL', new URL('http://a')],
  ['a Buffer', Buffer.from('x')],
  ['a Cart', new Cart()],
  ['an object of a class', Object.create({ inherited: 1 })],
  ['a List', new (class List extends Array<number> {})().concat(1)],
  ['an array with properties of its own', Object.assign([1], { extra: 1 })],
  ['a property whose key is a symbol', { [Symbol('s')]: 1 }],
  ['a property that is not enumerable', Object.defineProperty({}, 'hidden', { value: 1 })],
  ['a function', { toJSON: () => 'text' }],
];

describe('what JSON would lose', () => {
  it.each([...LOST.slice(0, -2), ...CHANGED])('is refused, with the words: %s', (what, value) => {
    expect(loss({ fine: 1, field: value })).toEqual({
      field: 'field',
      levels: what.startsWith('a property') || typeof value === 'object' ? expect.any(Number) : 0,
      what,
    });
    expect(loss({ field: [{ deep: [value] }] })).toMatchObject({ field: 'field', what });
  });

  it('is refused in arrays: holes and undefined', () => {
    expect(loss({ field: [1, undefined] })).toMatchObject({ what: 'undefined in an array' });
    const sparse: unknown[] = [1];
    sparse[2] = 3;
    expect(loss({ field: sparse })).toMatchObject({ what: 'an array with holes' });
  });

  it('is refused as the whole', () => {
    for (const [what, value] of [
      ['a Map', new Map()],
      ['an array', []],
      ['a Cart', new Cart()],
    ] as const) {
      expect(loss(value)).toEqual({ field: undefined, levels: 0, what });
    }
  });

  it('is told with its place, but no key that may be a user’s', () => {
    expect(loss({ cart: { USER_123: { when: NaN } } })).toEqual({ field: 'cart', levels: 2, what: 'NaN' });
  });

  it.each<[string, object]>([
    [
      'a getter',
      {
        get field(): string {
          throw new Error('USER_123');
        },
      },
    ],
    [
      'a Proxy',
      {
        field: new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('USER_123');
            },
          },
        ),
      },
    ],
  ])('is what throws: %s', (_, data) => {
    expect(loss(data)).toMatchObject({ field: 'field', what: 'something that throws when it is read' });
  });
});

describe('what JSON carries', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const text = encode(data);
        expect(JSON.parse(text)).toStrictEqual(structuredClone(data));
        expect(encode(JSON.parse(text) as object)).toBe(text);
      }),
    );
  });

  it('may be of another realm, have no prototype, or stand in two places', () => {
    const shared = { a: 1 };
    const bare: unknown = Object.assign(Object.create(null), { a: 1 });
    const foreign = runInNewContext('({ list: [1, { a: 1 }] })') as object;
    expect(encode({ one: shared, two: [shared, shared], bare, foreign, no: undefined })).toBe(
      '{"one":{"a":1},"two":[{"a":1},{"a":1}],"bare":{"a":1},"foreign":{"list":[1,{"a":1}]}}',
    );
  });

  it('is a getter’s value', () => {
    expect(
      encode({
        get total() {
          return 5;
        },
      }),
    ).toBe('{"total":5}');
  });

  it('is -0, too', () => {
    const text = encode({ a: -0, b: [0, -0, '-0'], c: { d: -0 } });
    expect(text).toBe('{"a":-0,"b":[0,-0,"-0"],"c":{"d":-0}}');
    expect(JSON.parse(text)).toStrictEqual({ a: -0, b: [0, -0, '-0'], c: { d: -0 } });
  });
});

describe('for libraries that expect what JSON.stringify does', () => {
  const changes = 'what encodes itself';

  it.each(LOST)('still refuses %s', (what, value) => {
    expect(loss({ field: value }, { changes })).toMatchObject({ field: 'field' });
    expect(loss({ field: { deep: value } }, { changes })?.what).toBe(loss({ field: { deep: value } })?.what ?? what);
  });

  it('takes what encodes itself, and objects of a class by their fields', () => {
    const data = Object.assign(new Cart(), {
      when: new Date(0),
      link: new URL('http://a'),
      bytes: Buffer.from('x'),
      cart: new Cart(),
    });
    expect(encode(data, { changes })).toBe(JSON.stringify(data));
  });

  it('refuses what encodes itself as nothing, or as what is lost', () => {
    expect(loss({ field: new Date(NaN) }, { changes })).toMatchObject({
      what: 'a Date that encodes itself as nothing',
    });
    expect(loss({ field: { toJSON: () => new Map() } }, { changes })).toMatchObject({ what: 'a Map' });
    expect(loss({ field: { toJSON: () => new Date(0) } }, { changes })).toMatchObject({ what: 'a Date' });
    expect(
      loss(
        {
          field: {
            a: 1,
            toJSON(): unknown {
              return this;
            },
          },
        },
        { changes },
      ),
    ).toMatchObject({ what: 'a function' });
    expect(loss({ field: { toJSON: () => 'text' } }, { changes })).toBeUndefined();
    expect(loss({ toJSON: () => 'text' }, { changes })).toMatchObject({ field: undefined });
  });
});

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}

describe('size and depth', () => {
  it('refuses more than 100 levels, and takes no longer than the data is large', () => {
    expect(loss({ field: nested(99) })).toBeUndefined();
    expect(loss({ field: nested(100) })).toMatchObject({
      field: 'field',
      what: expect.stringContaining('more than 100 levels'),
    });
    const deep = nested(300_000);
    const started = process.cpuUsage();
    for (const changes of ['nothing', 'what encodes itself'] as const)
      expect(loss({ field: deep }, { changes })).toBeDefined();
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
  });

  it('refuses a cycle', () => {
    const node: Record<string, unknown> = {};
    node['self'] = node;
    expect(loss({ node })).toMatchObject({ field: 'node', what: expect.stringContaining('a cycle') });
    expect(loss({ node }, { changes: 'what encodes itself' })).toMatchObject({ field: 'node' });
  });

  it('refuses what is too large before it is written', () => {
    expect(loss({ field: 'x'.repeat(1_000) }, { maxBytes: 500 })).toEqual({
      field: 'field',
      levels: 0,
      what: undefined,
    });
    expect(loss({ field: Array.from({ length: 1_000 }, () => 1) }, { maxBytes: 500 })).toMatchObject({
      what: undefined,
    });
  });

  it('never calls data too large that is not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (data) => {
        const text = encode(data);
        expect(encode(data, { maxBytes: Buffer.byteLength(text) })).toBe(text);
      }),
    );
  });

  it('refuses one object that stands in a million million places', () => {
    let data: unknown = 'x';
    for (let level = 0; level < 40; level += 1) data = [data, data];
    const started = process.cpuUsage();
    expect(loss({ field: data })).toMatchObject({ field: 'field', what: undefined });
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
  });
});
