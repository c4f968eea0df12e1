import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { arbitraryKeys, arbitraryNodes } from '../test/arbitrary-nodes.ts';
import { compare } from './compare.ts';
import type { RingNode } from './distribution.ts';
import { weightedNames } from './ketama-forms.ts';
import { ketama } from './ketama.ts';
import { placeNodes } from './placement.ts';
import { shares } from './shares.ts';

/** The number of names of each node in the weighted form, by id. */
function namesOf(nodes: readonly RingNode[]): Map<string, number> {
  const placed = placeNodes(nodes);
  return new Map(weightedNames(placed).map((names, at) => [placed[at]?.id ?? '', names]));
}

function equalNodes(count: number): RingNode[] {
  return Array.from({ length: count }, (_, index) => ({ id: `10.0.${index >> 8}.${index & 255}:11211` }));
}

/** The fraction of all keys that moves between existing nodes when the last of `nodes` joins. */
function strayKeys(nodes: readonly RingNode[]): number {
  const joined = nodes.at(-1)?.id;
  const { flows } = compare(ketama(nodes.slice(0, -1)), ketama(nodes));
  return flows.filter(({ to }) => to !== joined).reduce((sum, { fraction }) => sum + fraction, 0);
}

describe.each(['libmemcached', 'spymemcached'] as const)('%s', (compatibleWith) => {
  test('a node that joins takes keys, one that leaves gives keys, and no other key moves', () => {
    fc.assert(
      fc.property(arbitraryNodes({ min: 2, weighted: true }), arbitraryKeys, (nodes, keys) => {
        const joined = nodes.at(-1);
        const before = ketama(nodes.slice(0, -1), { compatibleWith });
        const after = before.withNodes(nodes);
        for (const key of keys) {
          if (after.owner(key) !== joined) expect(after.owner(key)).toBe(before.owner(key));
          // The next node in order of preference takes over.
          expect(after.owners(key, nodes.length).filter((node) => node !== joined)).toEqual(
            before.owners(key, nodes.length),
          );
        }
        expect(new Set(compare(before, after).flows.map(({ to }) => to))).toEqual(new Set([joined?.id]));
      }),
      { numRuns: 50 },
    );
  });
});

describe('libmemcached-weighted', () => {
  test('where the number of points of all others stays, keys move only to the node that joins', () => {
    fc.assert(
      fc.property(arbitraryNodes({ min: 2 }), arbitraryKeys, (nodes, keys) => {
        const joined = nodes.at(-1);
        const [before, after] = [namesOf(nodes.slice(0, -1)), namesOf(nodes)];
        fc.pre([...before].every(([id, names]) => after.get(id) === names));
        const [old, anew] = [ketama(nodes.slice(0, -1)), ketama(nodes)];
        for (const key of keys) if (anew.owner(key) !== joined) expect(anew.owner(key)).toBe(old.owner(key));
        expect(strayKeys(nodes)).toBe(0);
      }),
    );
  });

  test('with equal weights, 40 names a node, but 39 for the numbers of nodes at which float32 rounds down', () => {
    const names = Array.from({ length: 128 }, (_, index) => new Set(namesOf(equalNodes(index + 1)).values()));
    for (const [index, each] of names.entries()) {
      expect(each, `${index + 1} nodes`).toEqual(
        new Set([[25, 47, 50, 55, 61, 71, 94, 100, 107, 109, 110, 115, 122].includes(index + 1) ? 39 : 40]),
      );
    }
  });

  test('a step onto or off such a number moves fewer than 3.5% of all keys between nodes that stay; every other step none', () => {
    for (let count = 2; count <= 64; count += 1) {
      const stray = strayKeys(equalNodes(count));
      const rounded = [25, 26, 47, 48, 50, 51, 55, 56, 61, 62].includes(count);
      expect(stray > 0, `${count - 1} to ${count} nodes`).toBe(rounded);
      expect(stray).toBeLessThan(0.035);
    }
  });

  test('with unequal weights the points of others change, and up to a tenth of all keys moves between them', () => {
    const strays = [4, 6, 11, 21, 51].flatMap((count) =>
      [
        (index: number) => 1 + (index % 2),
        (index: number) => 1 + (index % 5),
        (index: number) => (index % 2 === 0 ? 1 : 10),
      ].map((weight) => strayKeys(equalNodes(count).map((node, index) => ({ ...node, weight: weight(index) })))),
    );
    expect(Math.max(...strays)).toBeGreaterThan(0.05);
    expect(Math.max(...strays)).toBeLessThan(0.1);
  });
});

describe('shares', () => {
  test.each([
    ['libmemcached-weighted', 0.35],
    ['libmemcached', 0.45],
    ['spymemcached', 0.35],
  ] as const)('of equal nodes, %s: within %d of the mean, for up to 512 nodes', (compatibleWith, tolerance) => {
    for (const count of [2, 3, 5, 10, 32, 100, 512]) {
      for (const share of shares(ketama(equalNodes(count), { compatibleWith })).values()) {
        expect(Math.abs(share * count - 1), `${count} nodes`).toBeLessThan(tolerance);
      }
    }
  });

  test('follow weights: within six standard deviations of what the points of a node make likely, plus what rounding takes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 40 }), (weights) => {
        const nodes = equalNodes(weights.length).map((node, index) => ({ ...node, weight: weights[index] ?? 1 }));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const measured = shares(ketama(nodes));
        for (const { id, weight } of nodes) {
          const fair = weight / total;
          // A share is the sum of one arc per point of the node; the lengths are about exponentially distributed.
          const points = Math.max(1, fair * nodes.length * 160);
          const rounding = 4 / (nodes.length * 160);
          expect(Math.abs((measured.get(id) ?? 0) - fair)).toBeLessThan((6 * fair) / Math.sqrt(points) + rounding);
        }
      }),
    );
  });
});
