import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { dropPolluting } from './drop-polluting.ts';

/** An object with an own key `__proto__`, as from a decoder that defines properties. */
function withOwnProto(held: unknown): object {
  return Object.defineProperty({ kept: 1 }, '__proto__', {
    value: held,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

describe('what was decoded', () => {
  it('loses the keys through which a merge could reach every object, however deep they are', () => {
    const bad = {
      list: [withOwnProto({ polluted: true })],
      constructor: { prototype: { polluted: true } },
      prototype: { polluted: true },
    };
    const cleaned = dropPolluting({ map: new Map([['key', { bad }]]), set: new Set([withOwnProto(1)]) });
    expect(cleaned).toEqual({ map: new Map([['key', { bad: { list: [{ kept: 1 }] } }]]), set: new Set([{ kept: 1 }]) });
  });

  it('keeps a plain value under such a name', () => {
    expect(dropPolluting({ constructor: 'Ferrari', prototype: 3 })).toEqual({ constructor: 'Ferrari', prototype: 3 });
  });

  it('gets the prototype back that a careless decoder let the data replace', () => {
    const data: Record<string, unknown> = { user: 'USER_123' };
    data['__proto__'] = { isAdmin: true };
    expect(Reflect.get(data, 'isAdmin')).toBe(true);
    expect(Reflect.get(dropPolluting({ data }) as object, 'data')).not.toHaveProperty('isAdmin');
    expect(dropPolluting(data)).not.toHaveProperty('isAdmin');
  });

  it('may have classes, cycles and no prototype at all', () => {
    class Cart {
      items: unknown[] = [withOwnProto(1)];
    }
    const data: Record<string, unknown> = { cart: new Cart(), when: new Date(0), bytes: Buffer.from('x') };
    data['self'] = data;
    expect(dropPolluting(data)).toBe(data);
    expect(data).toMatchObject({ when: new Date(0), bytes: Buffer.from('x') });
    expect(data['cart']).toBeInstanceOf(Cart);
    expect(Object.keys((data['cart'] as Cart).items[0] as object)).toEqual(['kept']);
    expect(Object.getPrototypeOf(dropPolluting(Object.create(null)))).toBe(Object.prototype);
  });

  it('may be nested deeper than the stack is', () => {
    const deepest = { constructor: { prototype: 1 } };
    let nested: unknown = deepest;
    for (let level = 0; level < 100_000; level++) nested = [nested];
    dropPolluting(nested);
    expect(deepest).toEqual({});
  });

  it('is harmless when it comes from v8.deserialize', () => {
    const data = dropPolluting(deserialize(serialize({ a: withOwnProto({ polluted: true }) })));
    expect(JSON.stringify(data)).toBe('{"a":{"kept":1}}');
  });
});
