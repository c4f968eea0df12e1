import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { histories } from '../../test/history-arbitrary.ts';
import {
  EMPTY_HISTORY,
  knowsAll,
  mergeHistories,
  pruneHistory,
  viewId,
  type History,
  type ViewCause,
  type ViewNode,
} from './history.ts';

/** The content of a history, independent of the order of its updates. */
function sense({ views, drains, truncatedUntil }: History): unknown {
  return {
    views: [...views]
      .map(([id, { cause, since, confirmedAt, latest, ttlSeconds }]) => [
        id,
        cause,
        since,
        confirmedAt,
        latest,
        ttlSeconds,
      ])
      .toSorted(byName),
    drains: [...drains].toSorted(byName),
    truncatedUntil,
  };
}

function byName(one: readonly unknown[], other: readonly unknown[]): number {
  return String(one[0]) < String(other[0]) ? -1 : 1;
}

describe('merging histories', () => {
  it('does not depend on who is told first', () => {
    fc.assert(
      fc.property(histories, histories, (one, other) => {
        expect(sense(mergeHistories(one, other))).toEqual(sense(mergeHistories(other, one)));
      }),
    );
  });

  it('leaves the very same value where nothing new is told', () => {
    fc.assert(
      fc.property(histories, histories, (one, other) => {
        const both = mergeHistories(one, other);
        for (const told of [one, other, both, EMPTY_HISTORY]) expect(mergeHistories(both, told)).toBe(both);
      }),
    );
  });

  it('does not depend on how the tellings are grouped', () => {
    fc.assert(
      fc.property(histories, histories, histories, (one, two, three) => {
        expect(sense(mergeHistories(mergeHistories(one, two), three))).toEqual(
          sense(mergeHistories(one, mergeHistories(two, three))),
        );
      }),
    );
  });

  it('changes nothing when the same is told again', () => {
    fc.assert(
      fc.property(histories, histories, (one, other) => {
        const merged = mergeHistories(one, other);
        expect(sense(mergeHistories(merged, merged))).toEqual(sense(merged));
        expect(sense(mergeHistories(merged, other))).toEqual(sense(merged));
        expect(sense(mergeHistories(one, EMPTY_HISTORY))).toEqual(sense(one));
      }),
    );
  });

  it('takes the same one of two names that were made at the same moment', () => {
    const [one, other] = ['name-of-one', 'name-of-other'].map((cluster) => ({ ...EMPTY_HISTORY, cluster }));
    if (one === undefined || other === undefined) throw new Error('two names are given');
    expect(mergeHistories(one, other).cluster).toBe('name-of-one');
    expect(mergeHistories(other, one).cluster).toBe('name-of-one');
    expect(mergeHistories(EMPTY_HISTORY, other).cluster).toBe('name-of-other');
  });

  it('knows everything that either knew, and confirms nothing that neither did', () => {
    fc.assert(
      fc.property(histories, histories, (one, other) => {
        const merged = mergeHistories(one, other);
        expect(knowsAll(merged, one) && knowsAll(merged, other)).toBe(true);
        for (const [id, { confirmedAt }] of merged.views) {
          expect([one.views.get(id)?.confirmedAt, other.views.get(id)?.confirmedAt]).toContain(confirmedAt);
        }
      }),
    );
  });

  it('keeps the earlier beginning and the later confirmation of a view', () => {
    const nodes = [{ id: 'a:1', weight: 1 }];
    const early: History = historyOf(nodes, 'discovery', 10, 20);
    const late: History = historyOf(nodes, 'node-recovered', 15, 40);
    expect(mergeHistories(late, early).views.get('a:1')).toMatchObject({
      cause: 'discovery',
      since: 10,
      confirmedAt: 40,
    });
  });

  it('puts a node back when both were said at the same moment', () => {
    expect(mergeHistories(said(true), said(false)).drains.get('a:1')?.drained).toBe(false);
    expect(mergeHistories(said(false), said(true)).drains.get('a:1')?.drained).toBe(false);
  });
});

describe('knowing all', () => {
  it('is lost with a later confirmation, an earlier beginning, another drain, or a longer time to live', () => {
    const nodes = [{ id: 'a:1', weight: 1 }];
    const holder = historyOf(nodes, 'discovery', 10, 20);
    expect(knowsAll(holder, holder)).toBe(true);
    expect(knowsAll(holder, historyOf(nodes, 'discovery', 10, 21))).toBe(false);
    expect(knowsAll(holder, historyOf(nodes, 'discovery', 9, 20))).toBe(false);
    expect(knowsAll(holder, historyOf([{ id: 'b:1', weight: 1 }], 'discovery', 10, 20))).toBe(false);
    expect(
      knowsAll(holder, {
        ...EMPTY_HISTORY,
        drains: new Map([['a:1', { drained: true, isDone: false, began: 1, at: 1 }]]),
      }),
    ).toBe(false);
    expect(knowsAll(holder, { ...EMPTY_HISTORY, truncatedUntil: 1 })).toBe(false);
    expect(knowsAll(holder, historyOf(nodes, 'discovery', 10, 20, 1))).toBe(false);
  });
});

describe('the identity of a view', () => {
  it('is its nodes and their weights, in any order', () => {
    const [a, b] = [
      { id: 'a:1', weight: 1 },
      { id: 'b:1', weight: 1 },
    ];
    expect(viewOf([a, b])).toBe(viewOf([b, a]));
    expect(viewOf([a, { ...b, weight: 2 }])).not.toBe(viewOf([a, b]));
    expect(viewOf([a])).not.toBe(viewOf([a, b]));
  });

  it('is everything else that decides owners: how many copies, and which distribution', () => {
    const nodes = ['a:1', 'b:1'].map((id) => ({ id, weight: 1 }));
    const ids = [
      viewOf(nodes),
      viewOf(nodes, 2),
      viewOf(nodes, 3),
      viewOf(nodes, 1, '0123456789ab'),
      viewOf(nodes, 2, '0123456789ab'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the order of the nodes where that decides owners', () => {
    const nodes = ['a:1', 'b:1'].map((id) => ({ id, weight: 1 }));
    expect(viewOf(nodes, 1, 'ordered-0123456789ab')).not.toBe(viewOf(nodes.toReversed(), 1, 'ordered-0123456789ab'));
  });
});

describe('pruning', () => {
  it('forgets the views that nobody wants, and nothing else', () => {
    const kept = historyOf([{ id: 'a:1', weight: 1 }], 'discovery', 1, 50);
    const both = mergeHistories(kept, {
      ...historyOf([{ id: 'b:1', weight: 1 }], 'discovery', 1, 5),
      drains: new Map([['b:1', { drained: true, isDone: false, began: 1, at: 1 }]]),
      truncatedUntil: 60,
    });
    const pruned = pruneHistory(both, ({ confirmedAt }) => confirmedAt > 10);
    expect([...pruned.views.keys()]).toEqual(['a:1']);
    expect(pruned.truncatedUntil).toBe(60);
    expect(pruned.drains.has('b:1')).toBe(true);
  });
});

function viewOf(nodes: readonly ViewNode[], copies = 1, distribution = ''): string {
  return viewId({ nodes, copies, distribution });
}

function historyOf(
  nodes: readonly ViewNode[],
  cause: ViewCause,
  since: number,
  confirmedAt: number,
  ttlSeconds = 0,
): History {
  const entry = { nodes, copies: 1, distribution: '', cause, since, confirmedAt, ttlSeconds };
  return { ...EMPTY_HISTORY, views: new Map([[viewId(entry), entry]]) };
}

function said(drained: boolean): History {
  return { ...EMPTY_HISTORY, drains: new Map([['a:1', { drained, isDone: false, began: 5, at: 5 }]]) };
}
