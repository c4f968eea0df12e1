import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adoptChanges } from './adopt-changes.ts';

type Data = Record<string, unknown>;

function adopted(live: Data, sent: Data, stored: Data, now: Data = live): Data {
  adoptChanges(live, { sent, stored, now: copyOf(now) });
  return live;
}

const copyOf = (data: Data): Data => JSON.parse(JSON.stringify(data)) as Data;

describe('what a save stored beyond what was sent', () => {
  it('is in the data afterwards, whatever it is', () => {
    const data = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.nat(3), fc.dictionary(fc.constantFrom('x', 'y'), fc.nat(3), { noNullPrototype: true })),
      {
        noNullPrototype: true,
      },
    );
    fc.assert(
      fc.property(data, data, (sent, stored) => {
        expect(adopted(copyOf(sent), sent, stored)).toEqual(stored);
      }),
    );
  });

  it('is seen by who holds the data, or an object inside it', () => {
    const inner = { mine: 1 };
    const live = { inner, gone: true };
    adopted(live, { inner: { mine: 1 }, gone: true }, { inner: { mine: 1, theirs: 2 } });
    expect(live).toEqual({ inner: { mine: 1, theirs: 2 } });
    expect(live.inner).toBe(inner);
  });

  it('does not undo what was changed while the save was under way', () => {
    const sent = { a: 1, b: 1, c: { d: 1 } };
    const live = { a: 2, b: 1, c: { d: 1, e: 5 } };
    expect(adopted(live, sent, { a: 9, b: 9, c: { d: 9 } })).toEqual({ a: 2, b: 9, c: { d: 9, e: 5 } });
  });

  it('ignores differences that only encoding makes', () => {
    const when = new Date(0);
    const live = { when, n: 1 };
    adopted(
      live,
      { when: when.toISOString(), n: 1 },
      { when: when.toISOString(), n: 2 },
      { when: when.toISOString(), n: 1 },
    );
    expect(live).toEqual({ when, n: 2 });
  });

  it('fails on nothing that the application froze', () => {
    const live = { a: Object.freeze({ b: 1 }) };
    expect(adopted(live, { a: { b: 1 } }, { a: { b: 2 } })).toEqual({ a: { b: 2 } });
    const frozen = Object.freeze({ b: 1 });
    expect(adopted(frozen, { b: 1 }, { b: 2 })).toEqual({ b: 1 });
  });
});
