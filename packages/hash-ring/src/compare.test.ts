import * as fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';

import { arbitraryNodes } from '../test/arbitrary-nodes.ts';
import { compare } from './compare.ts';
import type { Comparison } from './compare.ts';
import type { Distribution } from './distribution.ts';
import { ketama } from './ketama.ts';
import { modulo } from './modulo.ts';
import { rendezvous } from './rendezvous.ts';
import { sampleKeys } from './sample-keys.ts';

const SAMPLES = 20_000;

function nodesNumbered(...numbers: number[]): { id: string }[] {
  return numbers.map((number) => ({ id: `10.0.0.${number}:11211` }));
}

/** The moves of many sample keys, in the form of `compare`: fraction by "from to". */
function movesSeen(before: Distribution, after: Distribution): Map<string, number> {
  const seen = new Map<string, number>();
  for (const key of sampleKeys(SAMPLES)) {
    const [from, to] = [before.owner(key).id, after.owner(key).id];
    if (from !== to) seen.set(`${from} ${to}`, (seen.get(`${from} ${to}`) ?? 0) + 1 / SAMPLES);
  }
  return seen;
}

function expectAgreement({ moved, flows }: Comparison, seen: ReadonlyMap<string, number>): void {
  const told = new Map(flows.map(({ from, to, fraction }) => [`${from} ${to}`, fraction]));
  expect(told.size).toBe(flows.length);
  for (const flow of new Set([...told.keys(), ...seen.keys()])) {
    const fraction = told.get(flow) ?? 0;
    // Six standard deviations, plus a margin for flows so rare that theirs is almost zero.
    expect(Math.abs(fraction - (seen.get(flow) ?? 0)), flow).toBeLessThan(
      6 * Math.sqrt(fraction / SAMPLES) + 6 / SAMPLES,
    );
  }
  expect(moved).toBeCloseTo(
    flows.reduce((sum, { fraction }) => sum + fraction, 0),
    12,
  );
  expect(flows.map(({ fraction }) => fraction)).toEqual(
    flows.map(({ fraction }) => fraction).toSorted((one, other) => other - one),
  );
}

describe('of two rings', () => {
  const forms = ['libmemcached-weighted', 'libmemcached', 'spymemcached'] as const;

  test('agrees with what happens to keys, and is exact where both hash keys alike', () => {
    const form = fc.constantFrom(...forms);
    const nodes = arbitraryNodes({ max: 8, weighted: true });
    fc.assert(
      fc.property(nodes, nodes, form, form, (before, after, one, other) => {
        const old = ketama(before, { compatibleWith: one });
        const anew = ketama([...before.slice(1), ...after.filter(({ id }) => before.every((node) => node.id !== id))], {
          compatibleWith: other,
        });
        fc.pre(anew.nodes.length > 0);
        const comparison = compare(old, anew);
        const alike = (one === 'libmemcached') === (other === 'libmemcached');
        expect(comparison.exact).toBe(alike || old.nodes.length === 1 || anew.nodes.length === 1);
        expect('samples' in comparison).toBe(!comparison.exact);
        expectAgreement(comparison, movesSeen(old, anew));
      }),
      { numRuns: inject('long') ? 30 : 10 },
    );
  });

  test('nothing moves between a ring and itself, whatever the order of its nodes', () => {
    fc.assert(
      fc.property(arbitraryNodes({ weighted: true }), (nodes) => {
        expect(compare(ketama(nodes), ketama(nodes.toReversed()))).toEqual({ moved: 0, flows: [], exact: true });
      }),
    );
  });

  test('what moves there moves back', () => {
    const [one, other] = [ketama(nodesNumbered(1, 2, 3)), ketama(nodesNumbered(2, 3, 4, 5))];
    const [there, back] = [compare(one, other), compare(other, one)];
    expect(back.moved).toBe(there.moved);
    const turned = back.flows.map(({ from, to, fraction }) => ({ from: to, to: from, fraction }));
    expect(new Set(turned)).toEqual(new Set(there.flows));
  });

  test('a node that replaces the only one takes everything', () => {
    const [before, after] = [ketama(nodesNumbered(1)), ketama(nodesNumbered(2), { compatibleWith: 'libmemcached' })];
    expect(compare(before, after)).toEqual({
      moved: 1,
      flows: [{ from: '10.0.0.1:11211', to: '10.0.0.2:11211', fraction: 1 }],
      exact: true,
    });
  });
});

describe('of other distributions', () => {
  const pairs: [string, Distribution, Distribution][] = [
    ['modulo', modulo(nodesNumbered(1, 2, 3)), modulo(nodesNumbered(1, 2, 3, 4))],
    ['rendezvous', rendezvous(nodesNumbered(1, 2, 3)), rendezvous(nodesNumbered(1, 2, 3, 4))],
    ['modulo to ketama', modulo(nodesNumbered(1, 2, 3)), ketama(nodesNumbered(1, 2, 3))],
  ];

  test.each(pairs)('%s: says that it is sampled, and agrees with what happens to keys', (_name, before, after) => {
    const comparison = compare(before, after, { samples: SAMPLES });
    expect(comparison).toMatchObject({ exact: false, samples: SAMPLES });
    expectAgreement(comparison, movesSeen(before, after));
    expect(compare(before, after, { samples: SAMPLES })).toEqual(comparison);
  });

  test('a fourth node moves about three quarters by modulo, and a quarter by rendezvous', () => {
    const [byModulo, byRendezvous] = pairs.map(([, before, after]) => compare(before, after));
    expect(byModulo).toMatchObject({ exact: false, samples: 65_536, moved: expect.closeTo(0.75, 1) as number });
    expect(byRendezvous?.moved).toBeCloseTo(0.25, 1);
    expect(new Set(byRendezvous?.flows.map(({ to }) => to))).toEqual(new Set(['10.0.0.4:11211']));
  });
});

test('a comparison with no nodes is refused', () => {
  const [none, some] = [ketama([]), ketama(nodesNumbered(1))];
  expect(() => compare(none, some)).toThrow(
    expect.objectContaining({ code: 'SESS_NO_NODES', message: expect.stringContaining('"before"') as string }),
  );
  expect(() => compare(some, none)).toThrow(
    expect.objectContaining({ code: 'SESS_NO_NODES', message: expect.stringContaining('"after"') as string }),
  );
});

test.each([0, -1, 1.5, Number.NaN, Infinity])('samples of %d are refused', (samples) => {
  const ring = ketama(nodesNumbered(1));
  expect(() => compare(ring, ring, { samples })).toThrow(
    expect.objectContaining({
      code: 'SESS_BAD_OPTION',
      message: `compare.samples: expected a whole number above 0, got ${samples}. Leave it out for 65536.`,
    }),
  );
});
