import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { arbitraryKeys, arbitraryNodes } from '../test/arbitrary-nodes.ts';
import type { Distribution, RingNode } from './distribution.ts';
import { HashRingError, ketama, modulo, rendezvous, zoneShares } from './index.ts';

const DISTRIBUTIONS: readonly [string, (nodes: readonly RingNode[]) => Distribution][] = [
  ['ketama', (nodes) => ketama(nodes)],
  ['ketama as libmemcached', (nodes) => ketama(nodes, { compatibleWith: 'libmemcached' })],
  ['ketama as spymemcached', (nodes) => ketama(nodes, { compatibleWith: 'spymemcached' })],
  ['modulo', (nodes) => modulo(nodes)],
  ['rendezvous', (nodes) => rendezvous(nodes)],
];

const keys = Array.from({ length: 300 }, (_, index) => `sess:${index}`);

function nodesIn(zones: readonly string[]): readonly RingNode[] {
  return zones.map((zone, index) => ({ id: `10.0.0.${index}:11211`, zone }));
}

function withZones(nodes: readonly RingNode[], zones: readonly (string | undefined)[]): readonly RingNode[] {
  return nodes.map((node, index) => {
    const zone = zones[index % zones.length];
    return zone === undefined ? node : { ...node, zone };
  });
}

describe.each(DISTRIBUTIONS)('zones with %s', (_name, distribute) => {
  test('put two copies in two zones', () => {
    const distribution = distribute(nodesIn(['a', 'a', 'b', 'b', 'c', 'c']));
    for (const key of keys) expect(new Set(distribution.owners(key, 2).map(({ zone }) => zone)).size).toBe(2);
  });

  test('put the third of three copies anywhere when there are two zones', () => {
    const distribution = distribute(nodesIn(['a', 'a', 'a', 'b']));
    for (const key of keys) {
      const owners = distribution.owners(key, 3);
      expect(new Set(owners).size).toBe(3);
      expect(owners[0]?.zone).not.toBe(owners[1]?.zone);
    }
  });

  test('never change the owner, nor anything where all nodes are in one', () => {
    fc.assert(
      fc.property(arbitraryNodes({ max: 12, weighted: true }), arbitraryKeys, (nodes, some) => {
        const plain = distribute(nodes);
        const spread = distribute(withZones(nodes, ['a', 'b', undefined]));
        const same = distribute(withZones(nodes, ['a']));
        for (const key of some) {
          expect(spread.owner(key).id).toBe(plain.owner(key).id);
          expect(same.owners(key, 3).map(({ id }) => id)).toEqual(plain.owners(key, 3).map(({ id }) => id));
        }
      }),
    );
  });

  test('take the most preferred node of each zone, then the others; more owners only add to the end', () => {
    const zones = fc.array(fc.constantFrom('a', 'b', 'c', undefined), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(arbitraryNodes({ max: 12 }), zones, arbitraryKeys, (nodes, names, some) => {
        const plain = distribute(nodes);
        const spread = distribute(withZones(nodes, names));
        for (const key of some) {
          const zoneOf = (id: string): string | undefined => spread.nodes.find((node) => node.id === id)?.zone;
          const ranked = plain.owners(key, nodes.length).map(({ id }) => id);
          const firsts = ranked.filter((id, rank) => !ranked.slice(0, rank).some((one) => zoneOf(one) === zoneOf(id)));
          const others = ranked.filter((id) => !firsts.includes(id));
          for (let count = 0; count <= nodes.length; count += 1)
            expect(spread.owners(key, count).map(({ id }) => id)).toEqual([...firsts, ...others].slice(0, count));
        }
      }),
    );
  });

  test('stay with the nodes when others replace them', () => {
    const distribution = distribute(nodesIn(['a', 'b'])).withNodes(nodesIn(['a', 'a', 'a', 'b']));
    for (const key of keys) expect(distribution.owners(key, 2).map(({ zone }) => zone)).toContain('b');
  });
});

test('a second copy follows the weights of the nodes in the other zones', () => {
  const nodes = [
    { id: '10.0.0.1:11211', zone: 'a', weight: 4 },
    { id: '10.0.0.2:11211', zone: 'b', weight: 3 },
    { id: '10.0.0.3:11211', zone: 'b', weight: 1 },
  ];
  const ring = ketama(nodes);
  const counts = new Map<string, number>();
  for (let index = 0; index < 2_000; index += 1) {
    const second = ring.owners(`sess:${index}`, 2).find(({ zone }) => zone === 'b');
    counts.set(second?.id ?? '', (counts.get(second?.id ?? '') ?? 0) + 1);
  }
  const ratio = (counts.get('10.0.0.2:11211') ?? 0) / (counts.get('10.0.0.3:11211') ?? 0);
  expect(ratio).toBeGreaterThan(2);
  expect(ratio).toBeLessThan(4.5);
});

test('a zone that is too small is seen by what it holds: everything, with two copies in two zones', () => {
  const [large, small] = zoneShares(ketama(nodesIn(['a', 'a', 'a', 'b'])), 2);
  expect(large).toEqual({ zone: 'a', nodes: 3, held: 0.5, fair: 0.75 });
  expect(small).toEqual({ zone: 'b', nodes: 1, held: 0.5, fair: 0.25 });
});

test('shares of zones follow weights with one copy, and count nodes without a zone together', () => {
  const shares = zoneShares(rendezvous([...nodesIn(['a']), { id: '10.0.1.1:11211', weight: 3 }]), 1);
  expect(shares.map(({ zone, fair }) => [zone, fair])).toEqual([
    ['a', 0.25],
    [undefined, 0.75],
  ]);
  for (const { held, fair } of shares) expect(held).toBeCloseTo(fair, 1);
  expect(zoneShares(ketama([]), 2)).toEqual([]);
});

test.each([[''], [7], [null]])('a zone named %j is refused', (zone) => {
  const make = (): unknown => ketama([{ id: '10.0.0.1:11211', zone: zone as string }]);
  expect(make).toThrow(HashRingError);
  expect(make).toThrow(/zone/);
});
