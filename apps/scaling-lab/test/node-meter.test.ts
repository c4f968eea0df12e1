import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeMeter } from '../src/environment/node-meter.ts';
import { flush, readStats } from '../src/environment/node-stats.ts';

let cluster: LocalCluster;

beforeEach(async () => {
  cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
});
afterEach(() => cluster.close());

/** One `set` without a look before it. */
async function put(key: string): Promise<void> {
  const client = createClient({ servers: cluster.nodes.map(({ id }) => id), historyIntervalMs: 600_000 });
  await client.ready();
  await client.set(key, 'value', { ttlSeconds: 60 });
  await client.close();
}

describe('NodeMeter', () => {
  it('counts what nodes are asked for, also over a restart, after which a node begins at 0', async () => {
    const meter = new NodeMeter(cluster);
    await meter.look();
    const before = meter.commands;
    await put('first');
    await meter.look();
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    const once = meter.commands - before;
    expect(once).toBeGreaterThan(0);
    expect(meter.items[node.id]).toBeGreaterThan(0);

    await cluster.restartNode(node.id);
    await put('second');
    await meter.look();
    expect(meter.commands - before).toBeGreaterThan(once);
  });

  it('leaves out a node that does not answer, and counts it once it does', async () => {
    const meter = new NodeMeter(cluster);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    await put('key');
    await cluster.pauseNode(node.id);
    await meter.look();
    expect(meter.commands).toBe(0);
    await cluster.resumeNode(node.id);
    await meter.look();
    expect(meter.commands).toBeGreaterThan(0);
  });
});

describe('flush', () => {
  it('has a node forget everything', async () => {
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    await put('key');
    await flush(node, 5_000);
    expect((await readStats(node, 5_000)).items).toBe(0);
  });

  it('says which node does not answer', async () => {
    await expect(flush({ host: '127.0.0.1', port: 1 }, 5_000)).rejects.toThrow('node 127.0.0.1:1: ');
  });
});
