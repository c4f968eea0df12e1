import { compare, ketama, shares, type Distribution } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import type { ClusterPicture } from '../picture/picture.ts';
import { ring } from './ring.ts';

const idsOf = (names: string): readonly string[] => Array.from(names, (name) => `${name}:1`);
const distribution = (names: string): Distribution => ketama(idsOf(names).map((id) => ({ id })));

/** A cluster of nodes `a:1`, `b:1`, … that had the nodes of `from` before. */
function picture(to: string, from?: string): ClusterPicture {
  const owned = shares(distribution(to));
  const nodes = idsOf(to).map((id, place) => ({
    id,
    number: place + 1,
    items: undefined,
    health: 'up' as const,
    isListed: true,
    zone: undefined,
    drain: undefined,
    share: owned.get(id),
    figures: undefined,
    error: undefined,
  }));
  const known = new Set(idsOf(to + (from ?? '')));
  return {
    at: 0,
    status: {
      version: 1,
      copies: 1,
      ring: undefined,
      nodes,
      handovers: [],
      settingsDiffer: false,
      secretUnknown: undefined,
      guard: undefined,
    },
    nodes,
    numbers: new Map([...known].map((id, place) => [id, place + 1])),
    move:
      from === undefined
        ? undefined
        : { from: idsOf(from), phase: 'handover', ...compare(distribution(from), distribution(to)) },
    progress: new Map(),
    samples: [],
    happenings: [],
    causesFrom: 'nodes',
  };
}

function lengths(markup: string, kind: string): number[] {
  return [...markup.matchAll(new RegExp(`class="${kind}[^>]*stroke-dasharray="([\\d.]+) 1000"`, 'g'))].map(
    ([, length]) => Number(length),
  );
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

describe('the ring', () => {
  it.each(['a', 'ab', 'abcdefgh', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'])(
    'is full, but for the gaps: %s',
    (names) => {
      const { markup } = ring(picture(names));
      const arcs = lengths(markup, 'arc');
      expect(arcs).toHaveLength(names.length);
      expect(sum(arcs)).toBeLessThanOrEqual(1_000.5);
      expect(sum(arcs)).toBeGreaterThan(949);
      expect(markup).not.toContain('stripes');
    },
  );

  it.each([
    ['abcd', 'abc'],
    ['abc', 'abcd'],
    ['bcd', 'abc'],
  ])('shows as striped what moves, and where it was: now %s, before %s', (to, from) => {
    const now = picture(to, from);
    const { markup } = ring(now);
    const moved = now.move?.moved ?? Number.NaN;
    expect(sum(lengths(markup, 'stripes')) / sum(lengths(markup, 'arc'))).toBeCloseTo(moved, 2);
    expect(lengths(markup, 'origin')).toEqual(lengths(markup, 'stripes'));
    for (const flow of now.move?.flows ?? [])
      expect(markup).toContain(`from node ${now.numbers.get(flow.from)} to node ${now.numbers.get(flow.to)}`);
  });

  it('takes the name of a node for text', () => {
    const hostile = `"><script>`;
    const now = picture('ab');
    const named = { ...now, nodes: now.nodes.map((node) => ({ ...node, id: hostile + node.id })) };
    expect(ring(named).markup).not.toContain('<script>');
  });
});
