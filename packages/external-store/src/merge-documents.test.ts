import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeDocuments } from './merge-documents.ts';

const document = (): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.jsonValue(), { noNullPrototype: true });

describe('merging two requests that changed one session', () => {
  it('gives what either wrote when the other changed nothing', () => {
    fc.assert(
      fc.property(document(), document(), (base, changed) => {
        expect(mergeDocuments(base, changed, base)).toEqual(changed);
        expect(mergeDocuments(base, base, changed)).toEqual(changed);
      }),
    );
  });

  it('keeps changes to different keys, additions and removals alike', () => {
    const base = { user: 'USER_123', cart: ['sku-1'], note: 'old' };
    const mine = { user: 'USER_123', cart: ['sku-1', 'sku-2'] };
    const theirs = { ...base, user: 'USER_456', seen: true };
    expect(mergeDocuments(base, mine, theirs)).toEqual({ user: 'USER_456', cart: ['sku-1', 'sku-2'], seen: true });
  });

  it('lets the later one win where both changed the same key', () => {
    expect(mergeDocuments({ cart: [1] }, { cart: [1, 2] }, { cart: [1, 3] })).toEqual({ cart: [1, 2] });
    expect(mergeDocuments({ cart: [1] }, {}, { cart: [1, 3] })).toEqual({});
  });

  it('takes the keys that are its own in any case', () => {
    const cookie = { expires: 'now' };
    expect(mergeDocuments({ cookie }, { cookie }, { cookie: { expires: 'then' }, user: 1 }, ['cookie'])).toEqual({ cookie, user: 1 });
  });
});
