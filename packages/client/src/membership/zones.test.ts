import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import type { ViewNode } from './history.ts';
import { createView, type View } from './view.ts';
import { nearFirst, withZones, zoneProblems } from './zones.ts';

const NODES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((host) => ({
  id: `${host}:11211`,
  host,
  port: 11_211,
}));

describe('the zones of a topology', () => {
  it('are those of discovery where the application tells none', () => {
    const topology = { nodes: NODES.map((node) => ({ ...node, zone: 'a' })) };
    expect(withZones(topology, undefined)).toBe(topology);
    expect(withZones(topology, () => undefined)).toBe(topology);
  });

  it('are those of the application, whatever discovery tells', () => {
    const { nodes } = withZones(
      { version: 7, nodes: NODES.slice(0, 2).map((node) => ({ ...node, zone: 'a' })) },
      ({ host }) => `z-${host}`,
    );
    expect(nodes.map(({ zone }) => zone)).toEqual(['z-10.0.0.1', 'z-10.0.0.2']);
  });

  it.each([[''], ['a b'], [7], ['x'.repeat(65)]])('can not be %j', (zone) => {
    expect(() => withZones({ nodes: NODES }, () => zone as string)).toThrow(/the zone of 10\.0\.0\.1:11211 must be/);
  });
});

describe('reads that ask the near copy first', () => {
  it('keep the order of the others', () => {
    expect(nearFirst(['a', 'b', 'c'], new Set(['c']))).toEqual(['c', 'a', 'b']);
    expect(nearFirst(['a', 'b', 'c'], new Set(['a', 'c']))).toEqual(['a', 'b', 'c']);
    expect(nearFirst(['a', 'b'], new Set(['d']))).toEqual(['a', 'b']);
  });
});

describe('what is wrong with zones', () => {
  it('is nothing when they are equal, when there are none, and with one copy', () => {
    expect(zoneProblems(viewOf(['a', 'b', 'c', 'a']))).toEqual([]);
    expect(zoneProblems(viewOf([undefined, undefined]))).toEqual([]);
    expect(zoneProblems(viewOf(['a', 'a'], 1))).toEqual([]);
  });

  it('is a zone that holds much more than its part', () => {
    const [problem, ...others] = zoneProblems(viewOf(['a', 'a', 'a', 'b']));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ problem: 'small', zone: 'b', nodes: ['10.0.0.4:11211'] });
    expect(problem?.load).toBeCloseTo(2, 1);
  });

  it('goes by weights, not by the number of nodes', () => {
    expect(zoneProblems(viewOf(['a', 'a', 'a', 'b'], 2, [1, 1, 1, 3]))).toEqual([]);
    expect(zoneProblems(viewOf(['a', 'a', 'b', 'b'], 2, [3, 3, 1, 1]))).toMatchObject([
      { problem: 'small', zone: 'b' },
    ]);
  });

  it('is fewer zones than copies', () => {
    expect(zoneProblems(viewOf(['a', 'a', 'a', 'a']))).toMatchObject([{ problem: 'too-few' }]);
    expect(zoneProblems(viewOf(['a', 'a', 'b', 'b'], 3))).toMatchObject([{ problem: 'too-few' }]);
  });

  it('is a node without one beside others that have one', () => {
    expect(zoneProblems(viewOf(['a', 'b', 'b', undefined]))).toContainEqual({
      problem: 'unknown',
      zone: undefined,
      nodes: ['10.0.0.4:11211'],
      load: 1,
    });
  });
});

function viewOf(zones: readonly (string | undefined)[], copies = 2, weights: readonly number[] = []): View {
  const nodes = zones.map((zone, index): ViewNode => {
    const { id } = NODES[index] ?? { id: '' };
    return { id, weight: weights[index] ?? 1, ...(zone === undefined ? undefined : { zone }) };
  });
  return createView({ nodes, copies, distribution: '', cause: 'discovery', since: 0 }, ketama);
}
