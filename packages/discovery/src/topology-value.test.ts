import { describe, expect, it } from 'vitest';
import { clusterNode, sameTopology, topologyOf } from './topology-value.ts';

const node = { host: 'a', port: 1, address: '10.0.0.1', weight: 2 };
const other = clusterNode({ host: 'b', port: 1 });

describe('a topology', () => {
  it('is frozen through and through, without fields that say nothing', () => {
    const topology = topologyOf([clusterNode({ host: '::1', port: 1, address: undefined, weight: undefined })]);
    expect(Object.keys(topology)).toEqual(['nodes']);
    expect(Object.keys(topology.nodes[0] ?? {})).toEqual(['id', 'host', 'port']);
    expect([topology, topology.nodes, topology.nodes[0]].every((value) => Object.isFrozen(value))).toBe(true);
  });

  it('keeps the order of its nodes, and the first of those with one id', () => {
    expect(topologyOf([other, clusterNode(node), clusterNode({ ...node, address: '10.0.0.9' })]).nodes).toEqual([
      other,
      clusterNode(node),
    ]);
  });

  it.each([
    ['H', 'h'],
    ['h.', 'h'],
    ['Cache.Internal.', 'cache.internal'],
    ['2001:DB8:0::1', '2001:db8::1'],
  ])('knows a node again in another spelling: %s and %s', (first, second) => {
    const [one, two] = [clusterNode({ host: first, port: 1 }), clusterNode({ host: second, port: 1 })];
    expect(topologyOf([one, two, other]).nodes).toEqual([one, other]);
    expect(topologyOf([two, one, other]).nodes).toEqual([two, other]);
  });

  it.each([
    ['the version', topologyOf([clusterNode(node), other], 2)],
    ['an address', topologyOf([clusterNode({ ...node, address: '10.0.0.2' }), other], 1)],
    ['a zone', topologyOf([clusterNode({ ...node, zone: 'b' }), other], 1)],
    ['a weight', topologyOf([clusterNode({ ...node, weight: 3 }), other], 1)],
    ['a port', topologyOf([clusterNode({ ...node, port: 2 }), other], 1)],
    ['the number of nodes', topologyOf([clusterNode(node)], 1)],
    ['the order', topologyOf([other, clusterNode(node)], 1)],
  ])('differs by %s', (_, changed) => {
    const topology = topologyOf([clusterNode(node), other], 1);
    expect(sameTopology(topology, changed)).toBe(false);
    expect(sameTopology(changed, topology)).toBe(false);
    expect(sameTopology(topology, topologyOf([clusterNode({ ...node }), other], 1))).toBe(true);
  });
});
