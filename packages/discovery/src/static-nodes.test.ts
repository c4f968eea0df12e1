import { describe, expect, it } from 'vitest';
import { RecordingListener } from '../test/recording-listener.ts';
import { DiscoveryError } from './errors.ts';
import { staticNodes } from './static-nodes.ts';

describe('a fixed list', () => {
  it('is told once, in its order, after watch() has returned', async () => {
    const listener = new RecordingListener();
    const watch = staticNodes(['b:2', { host: '::1', port: 1, weight: 2.5, zone: 'use1-az1' }, '10.0.0.1:11211']).watch(
      listener,
    );
    expect(listener.topologies).toEqual([]);
    const topology = await watch.ready();
    expect(topology).toEqual({
      nodes: [
        { id: 'b:2', host: 'b', port: 2 },
        { id: '[::1]:1', host: '::1', port: 1, weight: 2.5, zone: 'use1-az1' },
        { id: '10.0.0.1:11211', host: '10.0.0.1', port: 11_211 },
      ],
    });
    await watch.refresh();
    expect(listener.topologies).toEqual([topology]);
    watch.close();
    watch.close();
  });

  it('can be watched by several, each on its own', async () => {
    const discovery = staticNodes(['a:1']);
    const [one, other] = [new RecordingListener(), new RecordingListener()];
    discovery.watch(one).close();
    await discovery.watch(other).ready();
    expect(one.topologies).toEqual([]);
    expect(other.ids).toEqual(['a:1']);
  });

  it('does not follow changes of the array it was given', async () => {
    const given = ['a:1'];
    const discovery = staticNodes(given);
    given.push('b:1');
    const topology = await discovery.watch(new RecordingListener()).ready();
    expect(topology.nodes).toHaveLength(1);
    expect(Object.isFrozen(topology) && Object.isFrozen(topology.nodes) && Object.isFrozen(topology.nodes[0])).toBe(
      true,
    );
  });

  it.each([
    ['an empty list', [], 'staticNodes: expected an array with at least one node, got an empty array'],
    ['no list', 'a:1', 'staticNodes: expected an array with at least one node, got "a:1"'],
    ['a node without port', ['a:1', 'b'], 'staticNodes[1]: expected a string "host:port", got "b". Add the port'],
    ['a number', [11_211], 'staticNodes[0]: expected a string "host:port", got 11211'],
    [
      'too many nodes',
      Array.from({ length: 1_001 }, (_, index) => `node-${index}:11211`),
      'expected at most 1000 nodes, got 1001',
    ],
    ['a node twice', ['a:1', 'b:1', 'A:1'], 'staticNodes[2]: "A:1" was already given as staticNodes[0]'],
    [
      'an address twice',
      ['[2001:db8::1]:1', { host: '2001:DB8:0::1', port: 1 }],
      'was already given as staticNodes[0]',
    ],
    [
      'a host with its port',
      [{ host: 'a:1', port: 1 }],
      'staticNodes[0].host: expected a host name or IP address, got "a:1"',
    ],
    [
      'a port as text',
      [{ host: 'a', port: '1' }],
      'staticNodes[0].port: expected a whole number from 1 to 65535, got "1"',
    ],
    ['a port between two', [{ host: 'a', port: 1.5 }], 'got 1.5'],
    [
      'weight 0',
      [{ host: 'a', port: 1, weight: 0 }],
      'staticNodes[0].weight: expected a finite number above 0, got 0. Leave a node out',
    ],
    ['an empty zone', [{ host: 'a', port: 1, zone: '' }], 'staticNodes[0].zone: expected 1 to 64 letters, digits'],
    ['a zone with a space', [{ host: 'a', port: 1, zone: 'a b' }], 'got "a b"'],
    ['weight NaN', [{ host: 'a', port: 1, weight: Number.NaN }], 'got NaN'],
    ['an endless weight', [{ host: 'a', port: 1, weight: Infinity }], 'got Infinity'],
    [
      'a misspelt option',
      [{ host: 'a', port: 1, wieght: 2 }],
      'there is no option "wieght". Known ones: host, port, weight, zone',
    ],
  ])('refuses %s where it is given', (_, given, message) => {
    const attempt = (): unknown => staticNodes(given as never);
    expect(attempt).toThrow(DiscoveryError);
    expect(attempt).toThrow(message);
  });
});
