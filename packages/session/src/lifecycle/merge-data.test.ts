import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeData, type ConflictPolicy, type DataConflict } from './merge-data.ts';

type Data = Record<string, unknown>;

const merge = (base: Data, mine: Data, theirs: Data, policy: ConflictPolicy = 'mine'): Data =>
  mergeData(base, mine, theirs, policy) as Data;

const key = fc.constantFrom('a', 'b', 'c', 'constructor', 'prototype', 'toString', 'hasOwnProperty');
const scalar = fc.oneof(fc.boolean(), fc.nat({ max: 3 }), fc.constantFrom('x', 'y', ''), fc.constant(null));
const { data } = fc.letrec<{ data: Data; value: unknown }>((tie) => ({
  data: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(scalar, { maxLength: 2 }), tie('data')),
}));
const policy = fc.constantFrom<ConflictPolicy>('mine', 'theirs', ({ mine, theirs }) => mine ?? theirs);

/** Every path in the data as text, and whether there is something deeper. */
function paths(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => paths(inner, `${path}/${name}`))];
}

describe('a merge by three', () => {
  it('is the other side if one side changed nothing', () => {
    fc.assert(
      fc.property(data, data, policy, (base, changed, onConflict) => {
        expect(merge(base, base, changed, onConflict)).toEqual(changed);
        expect(merge(base, changed, base, onConflict)).toEqual(changed);
      }),
    );
  });

  it('takes each key at the top level as one value, where that is asked', () => {
    const base: Data = { user: 1, cart: { a: 1 } };
    const mine: Data = { user: 1, cart: { a: 2 } };
    const theirs: Data = { user: 2, cart: { a: 1, b: 1 } };
    const merged = mergeData(base, mine, theirs, 'mine', 1);
    expect(merged).toEqual({ user: 2, cart: { a: 2 } });
  });

  it('is the common result if both made the same change', () => {
    fc.assert(
      fc.property(data, data, (base, changed) => {
        expect(merge(base, changed, changed, 'error')).toEqual(changed);
      }),
    );
  });

  it('of changes to different keys is the same in either order, and never calls onConflict', () => {
    fc.assert(
      fc.property(data, data, data, (base, left, right) => {
        const mine = { ...base, mine: left, shared: { ...left, m: 1 } };
        const theirs = { ...base, theirs: right, shared: { ...left, t: 2 } };
        const both = { ...base, mine: left, theirs: right, shared: { ...left, m: 1, t: 2 } };
        const start = { ...base, shared: left };
        expect(merge(start, mine, theirs, 'error')).toEqual(both);
        expect(merge(start, theirs, mine, 'error')).toEqual(both);
      }),
    );
  });

  it("with 'mine' is the mirror image of 'theirs'", () => {
    fc.assert(
      fc.property(data, data, data, (base, mine, theirs) => {
        expect(merge(base, mine, theirs, 'mine')).toEqual(merge(base, theirs, mine, 'theirs'));
      }),
    );
  });

  it('never adds a key that neither side has', () => {
    fc.assert(
      fc.property(data, data, data, policy, (base, mine, theirs, onConflict) => {
        const known = new Set([...paths(mine), ...paths(theirs)]);
        expect(paths(merge(base, mine, theirs, onConflict)).filter((path) => !known.has(path))).toEqual([]);
      }),
    );
  });

  it('changes none of the three', () => {
    fc.assert(
      fc.property(data, data, data, policy, (...[base, mine, theirs, onConflict]) => {
        const before = structuredClone([base, mine, theirs]);
        merge(base, mine, theirs, onConflict);
        expect([base, mine, theirs]).toEqual(before);
      }),
    );
  });

  it('keeps what one deleted and the other left alone deleted', () => {
    expect(merge({ a: 1, b: { c: 1, d: 2 } }, { b: { c: 1 } }, { a: 1, b: { c: 1, d: 2 }, e: 3 })).toEqual({
      b: { c: 1 },
      e: 3,
    });
    expect(merge({ a: 1, b: { c: 1, d: 2 } }, { a: 1, b: { c: 1, d: 2 }, e: 3 }, { b: { c: 1 } })).toEqual({
      b: { c: 1 },
      e: 3,
    });
  });

  it('goes into objects that both sides added, but not into arrays', () => {
    expect(merge({}, { seen: { a: 1 } }, { seen: { b: 2 } }, 'error')).toEqual({ seen: { a: 1, b: 2 } });
    expect(merge({ cart: ['a'] }, { cart: ['a', 'b'] }, { cart: ['a', 'c'] })).toEqual({ cart: ['a', 'b'] });
  });

  it('keeps the order of mine, then the keys that they added', () => {
    expect(Object.keys(merge({ b: 1 }, { b: 1, a: 2 }, { c: 3, b: 1 }))).toEqual(['b', 'a', 'c']);
  });
});

describe('a value that both changed', () => {
  const [base, mine, theirs] = [
    { user: { name: 'a', role: 'guest' } },
    { user: { name: 'b', role: 'guest' } },
    { user: { name: 'c', role: 'admin' } },
  ];

  it('is decided by the policy; other values are not', () => {
    expect(merge(base, mine, theirs, 'mine')).toEqual({ user: { name: 'b', role: 'admin' } });
    expect(merge(base, mine, theirs, 'theirs')).toEqual({ user: { name: 'c', role: 'admin' } });
  });

  it('is given to a function with its path and the three values, and becomes what that returns', () => {
    const asked: DataConflict[] = [];
    const merged = merge(base, mine, theirs, (conflict) => {
      asked.push(conflict);
      return `${String(conflict.mine)}${String(conflict.theirs)}`;
    });
    expect(asked).toEqual([{ path: ['user', 'name'], base: 'a', mine: 'b', theirs: 'c' }]);
    expect(merged).toEqual({ user: { name: 'bc', role: 'admin' } });
  });

  it('is deleted where a function returns undefined, and deleted by one side is undefined to the function', () => {
    const conflicts: DataConflict[] = [];
    const note = (conflict: DataConflict): undefined => void conflicts.push(conflict);
    expect(merge({ a: 1 }, {}, { a: 2 }, note)).toEqual({});
    expect(conflicts).toEqual([{ path: ['a'], base: 1, mine: undefined, theirs: 2 }]);
  });

  it('fails with the name of the field alone where it should', () => {
    expect(() => merge(base, mine, theirs, 'error')).toThrow(
      expect.objectContaining({ code: 'SESS_CONFLICT', message: expect.stringMatching(/session\.data\.user too/) }),
    );
  });
});

describe('names that could reach a prototype', () => {
  it('can not', () => {
    const evil = JSON.parse(
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"a":{"__proto__":{"admin":true}}}',
    ) as Data;
    for (const merged of [
      merge({}, evil, {}),
      merge({}, {}, evil),
      merge({}, evil, { ...evil, b: 1 }),
      merge(evil, { b: 1 }, evil),
    ]) {
      expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
      expect((merged as { admin?: unknown }).admin).toBeUndefined();
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('are not inherited: constructor is nothing where nobody set it', () => {
    expect(merge({}, { constructor: 1 }, { toString: 2 }, 'error')).toEqual({ constructor: 1, toString: 2 });
  });
});
