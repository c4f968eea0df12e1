/** One test for each cause, with real nodes; the rules for what lies between are those of `miss-cause.test.ts`. */
import { once } from 'node:events';
import { connect } from 'node:net';

import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { Transport } from '../src/transport/transport.ts';
import { partyOfEachTest } from './party.ts';

const party = partyOfEachTest();

/** What a process knows that wrote it just now. */
function sighting(ttlSeconds: number): { readonly seenAt: number; readonly endsAt: number } {
  return { seenAt: Date.now(), endsAt: Date.now() + 1_000 * ttlSeconds };
}

async function say(cluster: LocalCluster, id: string, command: string): Promise<void> {
  const node = cluster.nodes.find((one) => one.id === id);
  const socket = connect(node?.port ?? 0, node?.host).setEncoding('latin1');
  socket.write(`${command}\r\n`);
  await once(socket, 'data');
  socket.destroy();
}

/** Until it is missed; an outage on the way there is none. */
async function missed(client: Client, key: string): Promise<void> {
  const hasMissed = (): Promise<boolean> =>
    client.get(key).then(
      (record) => record === undefined,
      () => false,
    );
  await expect.poll(hasMissed, { timeout: 60_000 }).toBe(true);
}

describe.each(inject('mainRuntimes'))('why a key is missing (%s)', (runtime) => {
  async function start(nodes: number, memoryMegabytes = 64): Promise<readonly [LocalCluster, string[]]> {
    const cluster = await startLocalCluster({ nodes, runtime, memoryMegabytes });
    party.own(cluster, (started) => started.close());
    return [cluster, cluster.nodes.map(({ id }) => id)];
  }

  it('destroyed: a tombstone stands in its place', async () => {
    const [, ids] = await start(1);
    const { client } = await party.join(ids, { copies: 1 });
    await client.set('k', 'v', { ttlSeconds: 60 });
    await client.delete('k', { ttlSeconds: 60 });
    await missed(client, 'k');
    expect(await client.whyMissing('k', sighting(60))).toEqual({
      cause: 'destroyed',
      certainty: 'certain',
      node: ids[0],
    });
  });

  it('foreign: another program wrote there', async () => {
    const [cluster, ids] = await start(1);
    const { client } = await party.join(ids, { copies: 1 });
    await say(cluster, ids[0] ?? '', 'set k 0 60 4\r\ntext');
    await missed(client, 'k');
    expect(await client.whyMissing('k', {})).toMatchObject({ cause: 'foreign', certainty: 'certain' });
  });

  it('expired: its time was over, and nothing else happened', async () => {
    const [, ids] = await start(1);
    const { client } = await party.join(ids, { copies: 1 });
    const known = sighting(1);
    await client.set('k', 'v', { ttlSeconds: 1 });
    await missed(client, 'k');
    expect(await client.whyMissing('k', known)).toMatchObject({ cause: 'expired', certainty: 'certain' });
  });

  it('evicted: the node that stayed has removed items for lack of memory', { timeout: 120_000 }, async () => {
    const [cluster, ids] = await start(1, 2);
    const { client } = await party.join(ids, { copies: 1 });
    // The node was asked before: so it is known what it counted since.
    await client.whyMissing('other', sighting(600));
    const known = sighting(600);
    const large = 'x'.repeat(20_000);
    const direct = party.directly(cluster, ids[0] ?? '');
    await client.set('k', large, { ttlSeconds: 600 });
    for (let item = 0; (await direct.get('k')) !== undefined; item += 300) {
      const keys = Array.from({ length: 300 }, (_, index) => `other-${item + index}`);
      await Promise.all(keys.map((key) => direct.store('set', key, Buffer.from(large), { ttlSeconds: 600, flags: 0 })));
      // A look counts as a use, so between two of them there is more than the node has room for.
      if (item > 20_000) throw new Error('it is not evicted');
    }
    await expect
      .poll(() => client.whyMissing('k', known))
      .toEqual({ cause: 'evicted', certainty: 'likely', node: ids[0] });
  });

  it('flushed: somebody said flush_all', async () => {
    const [cluster, ids] = await start(1);
    const { client } = await party.join(ids, { copies: 1 });
    const known = sighting(600);
    await client.set('k', 'v', { ttlSeconds: 600 });
    await say(cluster, ids[0] ?? '', 'flush_all');
    await missed(client, 'k');
    expect(await client.whyMissing('k', known)).toMatchObject({ cause: 'flushed', node: ids[0] });
  });

  it('node-restarted: the node that held it is younger than it', async () => {
    const [cluster, ids] = await start(2);
    const { client } = await party.join(ids, { copies: 1 });
    await client.set('k', 'v', { ttlSeconds: 600 });
    const known = sighting(600);
    const owner = client.explain('k').owners[0] ?? '';
    // Nodes tell their age in whole seconds, and a little more than it is.
    await expect.poll(() => Date.now() - known.seenAt).toBeGreaterThan(6_000);
    expect(await client.whyMissing('k', known)).toMatchObject({ cause: 'unknown' });
    await cluster.crashNode(owner);
    await cluster.restartNode(owner);
    await missed(client, 'k');
    expect(await client.whyMissing('k', known)).toMatchObject({ cause: 'node-restarted', node: owner });
  });

  it('node-lost: its only node left the list and does not answer', async () => {
    const [cluster, ids] = await start(3);
    const { client, discovery } = await party.join(ids, { copies: 1 });
    await client.set('k', 'v', { ttlSeconds: 600 });
    const known = sighting(600);
    const owner = client.explain('k').owners[0] ?? '';
    await cluster.crashNode(owner);
    discovery.report(...ids.filter((id) => id !== owner));
    await missed(client, 'k');
    expect(await client.whyMissing('k', known)).toEqual({ cause: 'node-lost', certainty: 'likely', node: owner });
  });

  it('other-cluster: nobody with this secret acted on these nodes before', async () => {
    const [cluster, ids] = await start(1);
    const direct = party.directly(cluster, ids[0] ?? '');
    const uptime = async (): Promise<number> => Number((await direct.stats?.('general'))?.get('uptime'));
    await expect.poll(uptime).toBeGreaterThan(12);
    const { client } = await party.join(ids, { copies: 1 });
    await missed(client, 'k');
    expect(await client.whyMissing('k', { ttlSeconds: 8 })).toMatchObject({ cause: 'other-cluster' });
  });

  it('unknown: the nodes tell nothing of themselves', async () => {
    const [, ids] = await start(1);
    const inner = textTransport();
    const mute: Transport = {
      name: 'mute',
      open: (node, options, events) => Object.assign(inner.open(node, options, events), { stats: undefined }),
    };
    const { client } = await party.join(ids, { copies: 1, transport: mute });
    await missed(client, 'k');
    expect(await client.whyMissing('k', sighting(600))).toEqual({ cause: 'unknown', certainty: 'possible' });
  });
});
