import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { EMPTY_HISTORY, viewId, type History } from './history.ts';
import { Disagreement } from './disagreement.ts';
import { createView, type View } from './view.ts';

const [A, B] = ['10.0.0.1:11211', '10.0.0.2:11211'];
const INTERVAL = 1_000;
const SKEW = 100;

function view(...ids: readonly string[]): View {
  const nodes = ids.map((id) => ({ id, weight: 1 }));
  return createView({ nodes, copies: 1, distribution: '', cause: 'discovery', since: 0 }, (list) => ketama(list));
}

function confirmed(ids: readonly string[], confirmedAt: number): History {
  const nodes = ids.map((id) => ({ id, weight: 1 }));
  const entry = {
    nodes,
    copies: 1,
    distribution: '',
    cause: 'discovery' as const,
    since: 0,
    confirmedAt,
    ttlSeconds: 0,
  };
  return { ...EMPTY_HISTORY, views: new Map([[viewId(entry), entry]]) };
}

function watch(): Disagreement {
  return new Disagreement({ historyIntervalMs: INTERVAL, clockSkewMs: SKEW });
}

describe('clients that act on different views', () => {
  it('do so for a while after every change: nothing is told', () => {
    const disagreement = watch();
    for (let now = 0; now <= 9 * INTERVAL + SKEW; now += 100) {
      expect(disagreement.check(view(A, B), confirmed([A], now), now)).toBeUndefined();
    }
  });

  it('are told when they keep to it, with the nodes of both', () => {
    const disagreement = watch();
    disagreement.check(view(A, B), EMPTY_HISTORY, 0);
    const now = 9 * INTERVAL + SKEW + 1;
    expect(disagreement.check(view(A, B), confirmed([A], now), now)).toEqual({
      nodes: [A, B],
      otherNodes: [A],
      confirmedAt: now,
    });
  });

  it('are told of at most once a minute', () => {
    const disagreement = watch();
    let told = 0;
    for (let now = 0; now <= 180_000 + 9 * INTERVAL; now += 500) {
      if (disagreement.check(view(A, B), confirmed([A], now), now) !== undefined) told += 1;
    }
    expect(told).toBe(3);
  });

  it('are no more when the other view is not confirmed any longer', () => {
    const disagreement = watch();
    disagreement.check(view(A, B), EMPTY_HISTORY, 0);
    const last = 12 * INTERVAL;
    expect(disagreement.check(view(A, B), confirmed([A], last), last + 3 * INTERVAL + SKEW + 1)).toBeUndefined();
  });

  it('are given time anew when this one turns to another view, and are no matter of its own view', () => {
    const disagreement = watch();
    disagreement.check(view(A, B), EMPTY_HISTORY, 0);
    expect(disagreement.check(view(A), confirmed([A, B], 20_000), 20_000)).toBeUndefined();
    expect(disagreement.check(view(A), confirmed([A], 60_000), 60_000)).toBeUndefined();
  });
});
