import { ketama, modulo } from '@sess/hash-ring';
import { describe, expect, it, onTestFinished } from 'vitest';

import { A, B, C, fakeCluster, keyOf, type FakeCluster } from '../test/fake-cluster.ts';
import { FakeClock, settled } from '../test/fake-clock.ts';
import { FakeDiscovery } from '../test/fake-discovery.ts';
import { FakeNetwork } from '../test/fake-transport.ts';
import { createClient } from './client.ts';
import type { Transport } from './transport/transport.ts';

const ttlSeconds = 60;
const keys = Array.from({ length: 200 }, (_, number) => `key-${number}`);

describe('which node owns a key', () => {
  it('is what the distribution says', async () => {
    const { client } = await fakeCluster([A, B, C]);
    const expected = ketama([{ id: A }, { id: B }, { id: C }]);
    for (const key of keys)
      expect(client.explain(key)).toEqual({ key, owners: [expected.owner(key).id], elders: [], mode: 'settled' });
  });

  it('follows the distribution of the options, and the weights of the topology', async () => {
    const { client } = await fakeCluster([A, B, C], { distribution: modulo });
    const expected = modulo([{ id: A }, { id: B }, { id: C }]);
    for (const key of keys) expect(client.explain(key).owners).toEqual([expected.owner(key).id]);

    const weighted = await fakeCluster([]);
    const nodes = [
      { id: A, host: '10.0.0.1', port: 11_211, weight: 1 },
      { id: B, host: '10.0.0.2', port: 11_211, weight: 9 },
    ];
    weighted.discovery.reportTopology({ nodes });
    await settled();
    const weightedRing = ketama(nodes);
    for (const key of keys) expect(weighted.client.explain(key).owners).toEqual([weightedRing.owner(key).id]);
  });

  it('sends every request to it', async () => {
    const { client, network } = await fakeCluster([A, B, C]);
    for (const key of keys) await client.set(key, 'value', { ttlSeconds });
    for (const key of keys) expect(network.at(client.explain(key).owners[0] ?? '').get(key)).toBeDefined();
  });
});

describe('a topology that changes', () => {
  it('is followed live: new nodes get their keys', async () => {
    const { client, discovery, network } = await fakeCluster([A]);
    discovery.report(A, B);
    const key = keyOf(client, B);
    await client.set(key, 'value', { ttlSeconds });
    expect(network.at(B).get(key)).toBeDefined();
    expect(client.topology.nodes.map(({ id }) => id)).toEqual([A, B]);
  });

  it('keeps the connections and the health of nodes that stay', async () => {
    const { client, discovery, network } = await fakeCluster([A, B]);
    discovery.report(B, C, A);
    discovery.report(A, C);
    await settled();
    expect(network.opened.map(({ id }) => id)).toEqual([A, B, C]);
    expect(network.at(A).connections).toBe(1);
    expect(client.topology.states).toEqual(
      new Map([
        [A, 'up'],
        [C, 'up'],
      ]),
    );
  });

  it('asks a node that left as long as its records may be wanted, then ends its connection and its timers', async () => {
    const { client, discovery, network, clock } = await fakeCluster([A, B], {
      historyIntervalMs: 1_000,
      handover: { clockSkewMs: 0 },
    });
    const key = keyOf(client, B);
    await client.set(key, 'value', { ttlSeconds });
    const timersBefore = clock.timers;
    discovery.report(A);
    await expect(client.get(key)).resolves.toBeDefined();
    expect(network.at(B).connections).toBe(1);
    await clock.pass((ttlSeconds + 8) * 1000);
    expect(network.at(B).connections).toBe(0);
    expect(clock.timers).toBe(timersBefore - 1);
    expect(client.explain(key)).toEqual({ key, owners: [A], elders: [], mode: 'settled' });
  });

  it('does not wait for a node that left and does not answer', async () => {
    const { client, discovery, network, clock } = await fakeCluster([A, B], { timeoutMs: 600 });
    const key = keyOf(client, B);
    network.at(B).behaviour = 'refuses';
    network.at(B).drop();
    await clock.pass(1);
    await expect(client.get(key)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', node: B });
    discovery.report(A);
    await settled();
    await expect(client.get(key)).resolves.toBeUndefined();
  });

  it.each(['before it left', 'after it left'] as const)(
    'does not wait for a node that hung, and whose process ended %s',
    async (when) => {
      const { client, discovery, network, clock } = await fakeCluster([A, B], { timeoutMs: 100 });
      const key = keyOf(client, B);
      network.at(B).behaviour = 'hangs';
      await expect
        .poll(() =>
          Promise.all([client.get(key).catch(() => undefined), clock.pass(200)]).then(() =>
            client.topology.states.get(B),
          ),
        )
        .toBe('down');
      const end = (): void => {
        network.at(B).behaviour = 'refuses';
        network.at(B).drop();
      };
      if (when === 'before it left') end();
      await clock.pass(500);
      discovery.report(A);
      await settled();
      if (when === 'after it left') {
        await expect(client.get(key)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', node: B });
        end();
      }
      await clock.pass(2_000);
      await expect(client.get(key)).resolves.toBeUndefined();
      // The machine goes as well.
      network.at(B).behaviour = 'hangs';
      await clock.pass(2_000);
      await expect(client.get(key)).resolves.toBeUndefined();
    },
  );

  it('has a node in rotation that was down when it left, as soon as it is listed again', async () => {
    const { client, discovery, network, clock } = await fakeCluster([A, B], {
      historyIntervalMs: 1_000,
      handover: { clockSkewMs: 0 },
    });
    const server = network.at(B);
    server.behaviour = 'refuses';
    server.drop();
    await expect.poll(() => clock.pass(1_000).then(() => client.topology.rotation)).toEqual([A]);
    discovery.report(A);
    // Until the view with B is forgotten.
    await clock.pass(60_000);
    expect(client.handovers).toEqual([]);
    server.behaviour = 'answers';
    discovery.report(A, B);
    expect(client.topology.rotation).toEqual([A, B]);
    await clock.pass(1_000);
    expect(client.topology.states.get(B)).toBe('up');
  });

  it('connects anew to a node with another address, and not to the old one', async () => {
    const { client, discovery, network, clock } = await fakeCluster([`${A}|192.0.2.1`]);
    await client.set('key', 'old', { ttlSeconds });
    discovery.report(`${A}|192.0.2.2`);
    await clock.pass(1);
    expect(network.at('192.0.2.1').connections).toBe(0);
    await expect(client.get('key')).resolves.toBeUndefined();
    expect(network.at('192.0.2.2').userRequests).toEqual(['get']);
    expect(client.topology.states.get(A)).toBe('up');
  });

  it('forgets that a replaced node was down', async () => {
    const { client, discovery, network, clock } = await fakeCluster([]);
    network.at('192.0.2.1').behaviour = 'refuses';
    discovery.report(`${A}|192.0.2.1`);
    await clock.pass(1);
    expect(client.topology.states.get(A)).toBe('down');
    discovery.report(`${A}|192.0.2.2`);
    await clock.pass(1);
    expect(client.topology.states.get(A)).toBe('up');
  });

  it('uses a machine in the place of a node that was down only when it has answered', async () => {
    const { client, discovery, network, clock } = await fakeCluster([`${A}|192.0.2.1`, B]);
    const key = keyOf(client, A);
    network.at('192.0.2.1').behaviour = 'refuses';
    network.at('192.0.2.1').drop();
    await clock.pass(1);
    expect(client.explain(key).owners).toEqual([B]);
    network.at('192.0.2.2').behaviour = 'hangs';
    discovery.report(`${A}|192.0.2.2`, B);
    network.at(B).drop();
    await clock.pass(1);
    expect(client.topology.states.get(A)).toBe('unknown');
    expect(client.explain(key).owners).toEqual([B]);
    network.at('192.0.2.2').behaviour = 'answers';
    await clock.pass(1_000);
    expect(client.explain(key).owners).toEqual([A]);
  });

  it('tells its version', async () => {
    const { client, discovery } = await fakeCluster([]);
    discovery.reportTopology({ version: 12, nodes: [{ id: A, host: '10.0.0.1', port: 11_211 }] });
    expect(client.topology.version).toBe(12);
  });
});

async function pod(): Promise<FakeCluster & { looks: () => number; leadTo: (address: string) => void }> {
  const clock = new FakeClock();
  const network = new FakeNetwork(clock);
  let [address, looks] = ['192.0.2.1', 0];
  const transport: Transport = {
    name: 'by name',
    open: (node, ...rest) => network.open({ ...node, address }, ...rest),
    addressesOf: () => {
      looks += 1;
      return Promise.resolve([{ address }]);
    },
  };
  const cluster = await fakeCluster(['pod-0:11211'], { transport, clock });
  return { ...cluster, clock, network, looks: () => looks, leadTo: (other) => void (address = other) };
}

describe('a node with a name', () => {
  it('is not looked up while it answers', async () => {
    const { clock, looks } = await pod();
    await clock.pass(60_000);
    expect(looks()).toBe(1);
  });

  it('is connected to within a second after the name leads to another machine, however long it was down', async () => {
    const { client, clock, network, leadTo } = await pod();
    network.at('192.0.2.1').behaviour = 'refuses';
    network.at('192.0.2.1').drop();
    await clock.pass(60_000);
    expect(client.topology.states.get('pod-0:11211')).toBe('down');
    leadTo('192.0.2.2');
    await clock.pass(1_000);
    expect(client.topology.states.get('pod-0:11211')).toBe('up');
  });

  it('is not looked up after the client was closed', async () => {
    const { client, clock, network, looks } = await pod();
    network.at('192.0.2.1').behaviour = 'refuses';
    network.at('192.0.2.1').drop();
    await clock.pass(1_000);
    const before = looks();
    expect(before).toBeGreaterThan(1);
    client.destroy();
    await clock.pass(60_000);
    expect(looks()).toBe(before);
  });
});

describe('a topology that can not be used', () => {
  it.each([
    ['without nodes', []],
    ['with a node twice', [A, A]],
    ['that the distribution refuses', ['10.0.0.1:0']],
  ])('is not: one %s leaves the last good one in use', async (_, nodes) => {
    const { client, discovery, network } = await fakeCluster([A, B]);
    discovery.report(...nodes);
    expect(client.topology.nodes.map(({ id }) => id)).toEqual([A, B]);
    await expect(client.get('key')).resolves.toBeUndefined();
    await settled();
    expect(network.at('10.0.0.1:0').connections).toBe(0);
  });
});

describe('a transport that refuses a node', () => {
  it('leaves nothing of the attempt, and ready says why', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork(clock);
    const discovery = new FakeDiscovery();
    const transport: Transport = {
      name: 'picky',
      open: (node, ...rest) => {
        if (node.id === B) throw new Error('no TLS here');
        return network.open(node, ...rest);
      },
    };
    const client = createClient({ discovery, transport, clock });
    onTestFinished(() => client.destroy());
    const ready = expect(client.ready()).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: expect.stringContaining('no TLS here') as string,
    });
    discovery.report(A, B);
    await clock.pass(3_000);
    await ready;
    expect(network.at(A).connections).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

describe('a machine that was suspended', () => {
  it('reads the history before it believes its map: the clock that never runs backwards stood still, the wall clock tells', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds });
    const read = (): number => network.at(A).requests.filter((request) => request === 'history').length;
    const before = read();
    await client.get('key');
    expect(read()).toBe(before);
    clock.setWallClock(clock.now() + 3 * 600_000);
    await client.get('key');
    expect(read()).toBeGreaterThan(before);
  });
});

describe('discovery that fails', () => {
  it('leaves the last topology in use', async () => {
    const { client, discovery } = await fakeCluster([A]);
    discovery.fail(new Error('no such host'));
    await expect(client.get('key')).resolves.toBeUndefined();
  });
});
