import { createHash } from 'node:crypto';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { arbitraryKeys, arbitraryNodes } from '../test/arbitrary-nodes.ts';
import type { RingNode } from './distribution.ts';
import { rendezvous } from './rendezvous.ts';
import { sampleKeys } from './sample-keys.ts';
import { shares } from './shares.ts';

/** The documented hash, computed independently and slowly: -ln(u) / weight. */
function costByDefinition(key: string, node: RingNode): number {
  const [k0, k1] = firstWords(key);
  const [n0, n1] = firstWords(node.id);
  const draw = mix(mix(BigInt(k0 ^ n0)) + BigInt(k1 ^ n1));
  return -Math.log((Number(draw) + 0.5) / 2 ** 32) / (node.weight ?? 1);
}

function firstWords(text: string): readonly [number, number] {
  const digest = createHash('md5').update(text).digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

function mix(word: bigint): bigint {
  let mixed = BigInt.asUintN(32, word);
  mixed = BigInt.asUintN(32, (mixed ^ (mixed >> 16n)) * 0x85eb_ca6bn);
  mixed = BigInt.asUintN(32, (mixed ^ (mixed >> 13n)) * 0xc2b2_ae35n);
  return mixed ^ (mixed >> 16n);
}

test('owners come in the order that the documented hash gives', () => {
  fc.assert(
    fc.property(arbitraryNodes({ weighted: true, max: 12 }), arbitraryKeys, (nodes, keys) => {
      const distribution = rendezvous(nodes);
      for (const key of keys) {
        const expected = nodes.toSorted((one, other) => costByDefinition(key, one) - costByDefinition(key, other));
        expect(distribution.owners(key, nodes.length)).toEqual(expected);
        expect(distribution.owner(key)).toBe(expected[0]);
      }
    }),
    { numRuns: 50 },
  );
});

test('owners stay as they are: placement is a promise', () => {
  const nodes = [1, 2, 3, 4, 5].map((number) => ({ id: `10.0.0.${number}:11211`, weight: number }));
  const owners = ['sess:a', 'sess:b', 'sess:c', 'sess:d', 'sess:e', 'sess:f', 'sess:g', 'sess:h'].map(
    (key) => rendezvous(nodes).owner(key).weight,
  );
  expect(owners).toEqual([3, 4, 5, 1, 2, 4, 3, 5]);
});

test('owners are distinct, begin with the owner, grow at the end, and do not depend on the order of the nodes', () => {
  fc.assert(
    fc.property(arbitraryNodes({ weighted: true }), arbitraryKeys, (nodes, keys) => {
      const distribution = rendezvous(nodes);
      const reversed = rendezvous(nodes.toReversed());
      for (const key of keys) {
        const all = distribution.owners(key, nodes.length + 5);
        expect(new Set(all)).toEqual(new Set(nodes));
        expect(all).toHaveLength(nodes.length);
        expect(all[0]).toBe(distribution.owner(key));
        for (let count = 0; count <= nodes.length; count += 1)
          expect(distribution.owners(key, count)).toEqual(all.slice(0, count));
        expect(reversed.owners(key, nodes.length)).toEqual(all);
      }
    }),
    { numRuns: 50 },
  );
});

test('a node that joins, leaves or changes its weight never moves a key between two others', () => {
  fc.assert(
    fc.property(
      arbitraryNodes({ min: 2, weighted: true }),
      fc.integer({ min: 1, max: 100 }),
      arbitraryKeys,
      (nodes, weight, keys) => {
        const changed = nodes.at(-1)?.id;
        const without = rendezvous(nodes.slice(0, -1));
        const before = without.withNodes(nodes);
        const after = before.withNodes(nodes.map((node) => (node.id === changed ? { ...node, weight } : node)));
        for (const key of keys) {
          const others = [without, before, after].map((each) =>
            each.owners(key, nodes.length).filter(({ id }) => id !== changed),
          );
          expect(others[1]).toEqual(others[0]);
          expect(others[2]).toEqual(others[0]);
        }
      },
    ),
  );
});

test('weights that no float32 holds still decide', () => {
  const light = { id: 'light:1', weight: Number.MIN_VALUE };
  const heavy = { id: 'heavy:1', weight: Number.MAX_VALUE };
  const alike = { id: 'alike:1', weight: Number.MAX_VALUE };
  const owners = [...sampleKeys(2000)].map((key) => rendezvous([light, heavy, alike]).owner(key));
  expect(owners).not.toContain(light);
  expect(owners.filter((owner) => owner === heavy).length).toBeGreaterThan(800);
  expect(owners.filter((owner) => owner === alike).length).toBeGreaterThan(800);
});

test.each([
  ['equal', [1, 1, 1, 1, 1]],
  ['unequal', [1, 2, 3, 4, 10]],
  ['fractional', [0.1, 0.25, 0.65]],
])('with %s weights, nodes own what shares() says, within five standard deviations', (_name, weights) => {
  const nodes = weights.map((weight, index) => ({ id: `10.0.0.${index}:11211`, weight }));
  const distribution = rendezvous(nodes);
  const counts = new Map<string, number>();
  const samples = 50_000;
  for (const key of sampleKeys(samples)) {
    const { id } = distribution.owner(key);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const [id, share] of shares(distribution)) {
    expect(Math.abs((counts.get(id) ?? 0) / samples - share)).toBeLessThan(
      5 * Math.sqrt((share * (1 - share)) / samples),
    );
  }
});
