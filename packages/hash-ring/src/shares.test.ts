import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { arbitraryNodes } from '../test/arbitrary-nodes.ts';
import type { Distribution, RingNode } from './distribution.ts';
import { ketama } from './ketama.ts';
import { modulo } from './modulo.ts';
import { rendezvous } from './rendezvous.ts';
import { sampleKeys } from './sample-keys.ts';
import { shares } from './shares.ts';

const kinds: Record<string, (nodes: readonly RingNode[]) => Distribution> = {
  ketama,
  'ketama, libmemcached': (nodes) => ketama(nodes, { compatibleWith: 'libmemcached' }),
  modulo,
  rendezvous,
  /** A distribution that is not from this package. */
  'the first node': (nodes) => ({
    nodes,
    owner: () => nodes.at(0) ?? { id: 'none:1' },
    owners: (_key, count) => nodes.slice(0, count),
    withNodes: () => modulo([]),
  }),
};

test.each(Object.entries(kinds))('%s: one share per node, in their order, which add up to 1', (_name, make) => {
  fc.assert(
    fc.property(arbitraryNodes({ weighted: true }), (nodes) => {
      const all = shares(make(nodes));
      expect([...all.keys()]).toEqual(nodes.map(({ id }) => id));
      expect([...all.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      for (const share of all.values()) expect(share).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 20 },
  );
});

test.each(Object.entries(kinds))('%s: what keys find, within five standard deviations', (_name, make) => {
  const distribution = make(
    Array.from({ length: 7 }, (_, index) => ({ id: `10.0.0.${index}:11211`, weight: 1 + (index % 3) })),
  );
  const samples = 50_000;
  const counts = new Map<string, number>();
  for (const key of sampleKeys(samples)) {
    const { id } = distribution.owner(key);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const [id, share] of shares(distribution)) {
    expect(Math.abs((counts.get(id) ?? 0) / samples - share)).toBeLessThanOrEqual(
      5 * Math.sqrt((share * (1 - share)) / samples),
    );
  }
});

test('one node has all, and no nodes have none', () => {
  for (const make of Object.values(kinds)) {
    expect(shares(make([{ id: 'a:1' }]))).toEqual(new Map([['a:1', 1]]));
    expect(shares(make([]))).toEqual(new Map());
  }
});

test('modulo counts every hash: with 3 nodes, the first has one more than the others', () => {
  const third = 1_431_655_765;
  expect([...shares(modulo([{ id: 'a:1' }, { id: 'b:1' }, { id: 'c:1' }])).values()]).toEqual([
    (third + 1) / 2 ** 32,
    third / 2 ** 32,
    third / 2 ** 32,
  ]);
});

test('rendezvous follows the weights, however large or small', () => {
  expect([...shares(rendezvous([1, 2, 5].map((weight) => ({ id: `a:${weight}`, weight })))).values()]).toEqual([
    0.125, 0.25, 0.625,
  ]);
  const huge = [Number.MAX_VALUE, Number.MAX_VALUE].map((weight, index) => ({ id: `a:${index + 1}`, weight }));
  expect([...shares(rendezvous(huge)).values()]).toEqual([0.5, 0.5]);
});
