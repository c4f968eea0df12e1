import { elasticache } from '@sess/discovery';
import { startLocalCluster, type LocalCluster, type LocalClusterOptions, type Runtime } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import type { SessClientError } from '../src/errors.ts';
import { MAX_KEY_BYTES } from '../src/transport/key-check.ts';
import { keyOf } from './fake-cluster.ts';
import { heard } from './heard.ts';

const ttlSeconds = 60;
// Containers are slow to start; what they would show, the memcached process shows.
const runtimes = inject('mainRuntimes');

async function start(runtime: Runtime, options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await startLocalCluster({ nodes: 2, ...options, runtime });
  onTestFinished(() => cluster.close());
  return cluster;
}

function clientOf(...given: Parameters<typeof createClient>): Client {
  const client = createClient(...given);
  onTestFinished(() => client.close());
  return client;
}

async function value(client: Client, key: string): Promise<string | undefined> {
  return (await client.get(key))?.value.toString();
}

describe.each(runtimes)('a client of a cluster (%s)', (runtime) => {
  it('reads, writes, touches and deletes on every node', async () => {
    const cluster = await start(runtime, { nodes: 3 });
    const client = clientOf(`memcached://${cluster.nodes.map(({ id }) => id).join(',')}`);
    await client.ready();
    for (const { id } of cluster.nodes) {
      const key = keyOf(client, id);
      await expect(client.get(key)).resolves.toBeUndefined();
      const created = await client.set(key, 'one', { ttlSeconds, expect: 'absent' });
      await expect(client.set(key, 'other', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
        code: 'SESS_CONFLICT',
        node: id,
      });
      const second = await client.set(key, 'two', { ttlSeconds, expect: created });
      const read = await client.get(key);
      expect(read).toMatchObject({ version: second.version, ttlSeconds });
      await client.set(key, 'three', { ttlSeconds, expect: read });
      await expect(client.set(key, 'four', { ttlSeconds, expect: read })).rejects.toMatchObject({
        code: 'SESS_CONFLICT',
      });
      await expect(client.touch(key, 3_000_000)).resolves.toBe(true);
      expect((await client.get(key))?.ttlSeconds).toBeGreaterThan(2_999_900);
      await expect(client.delete(key, { ttlSeconds })).resolves.toBe(true);
      await expect(client.get(key)).resolves.toBeUndefined();
      await expect(client.touch(key, 1)).resolves.toBe(false);
      await expect(client.set(key, 'late', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
        code: 'SESS_CONFLICT',
      });
    }
  });

  it('stores the largest value under the longest key, and refuses a larger one with the old one still there', async () => {
    const cluster = await start(runtime, { nodes: 1 });
    const client = clientOf(`memcached://${cluster.nodes[0]?.id}?timeoutMs=5000`);
    const key = 'k'.repeat(MAX_KEY_BYTES);
    const largest = Buffer.alloc(1_047_984, 'x');
    await client.set(key, largest, { ttlSeconds });
    expect((await client.get(key))?.value.equals(largest)).toBe(true);
    await expect(client.set(key, Buffer.alloc(1_047_985), { ttlSeconds })).rejects.toMatchObject({
      code: 'SESS_TOO_LARGE',
    });
    expect((await client.get(key))?.value.length).toBe(1_047_984);
  });

  it('loses none of a hundred changes made at once', async () => {
    const cluster = await start(runtime);
    const client = clientOf(`memcached://${cluster.nodes.map(({ id }) => id).join(',')}?timeoutMs=10000`);
    await client.set('counter', '0', { ttlSeconds });
    const increment = async (): Promise<void> => {
      for (;;) {
        const read = await client.get('counter');
        try {
          await client.set('counter', String(Number(read?.value) + 1), { ttlSeconds, expect: read });
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: 'SESS_CONFLICT' });
        }
      }
    };
    await Promise.all(Array.from({ length: 100 }, increment));
    await expect(value(client, 'counter')).resolves.toBe('100');
  });

  it('follows the configuration endpoint while nodes come and go', async () => {
    const cluster = await start(runtime);
    const discovery = elasticache(cluster.configurationEndpoint, { pollIntervalMs: 20 });
    const client = clientOf({ discovery });
    await client.ready();
    const grown = heard('sess:client:topology', ({ added }) => added.length === 1);
    const joined = await cluster.addNode();
    await expect(grown).resolves.toMatchObject({
      version: cluster.configurationVersion,
      added: [joined.id],
      removed: [],
    });
    const key = keyOf(client, joined.id);
    await client.set(key, 'value', { ttlSeconds });
    await expect(value(client, key)).resolves.toBe('value');

    const shrunk = heard('sess:client:topology', ({ removed }) => removed.length === 1);
    await cluster.removeNode(joined.id);
    await shrunk;
    expect(client.topology.nodes.map(({ id }) => id)).not.toContain(joined.id);
    // It was written while the nodes without the new one were still asked, so that they hold it too. Until it is clear
    // that the removed node will not answer, the client can't know that nothing newer is there.
    await expect
      .poll(() => value(client, key).catch((error: unknown) => (error as SessClientError).code))
      .toBe('value');
  });

  it('tells a crashed node from a miss, leaves the others alone, and finds it again by itself', async () => {
    const cluster = await start(runtime);
    const [crashed = '', other = ''] = cluster.nodes.map(({ id }) => id);
    const client = clientOf(`memcached://${crashed},${other}?maxProbePauseMs=50`);
    await client.ready();
    const [lost, kept] = [keyOf(client, crashed), keyOf(client, other)];
    await client.set(kept, 'kept', { ttlSeconds });
    const down = heard('sess:client:node', ({ node, to }) => node === crashed && to === 'down');
    await cluster.crashNode(crashed);
    await down;
    await expect(client.get(lost)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', node: crashed, retryable: true });
    await expect(value(client, kept)).resolves.toBe('kept');
    const up = heard('sess:client:node', ({ node, to }) => node === crashed && to === 'up');
    await cluster.restartNode(crashed);
    await up;
    await expect(client.get(lost)).resolves.toBeUndefined();
  });

  it('does not take a restarted node for the one that gave a record its number', async () => {
    const cluster = await start(runtime, { nodes: 1 });
    const id = cluster.nodes[0]?.id ?? '';
    const client = clientOf(`memcached://${id}?maxProbePauseMs=50`);
    await client.set('key', 'before', { ttlSeconds });
    const read = await client.get('key');
    const up = heard('sess:client:node', ({ node, to }) => node === id && to === 'up');
    await cluster.restartNode(id);
    await up;
    await client.set('key', 'after', { ttlSeconds });
    await expect(client.set('key', 'mine', { ttlSeconds, expect: read })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    await expect(value(client, 'key')).resolves.toBe('after');
  });

  it('gives up on a hanging node in its time, then at once, and has it back when it goes on', async () => {
    const cluster = await start(runtime);
    const [hanging = '', other = ''] = cluster.nodes.map(({ id }) => id);
    const client = clientOf(`memcached://${hanging},${other}?timeoutMs=100&probeIntervalMs=50&maxProbePauseMs=50`);
    await client.ready();
    const [onHanging, onOther] = [keyOf(client, hanging), keyOf(client, other)];
    await client.set(onHanging, 'there', { ttlSeconds });
    await cluster.pauseNode(hanging);
    const down = heard('sess:client:node', ({ node, to }) => node === hanging && to === 'down');
    await expect(client.get(onHanging)).rejects.toMatchObject({ code: 'SESS_TIMEOUT', node: hanging });
    await expect(client.get(onOther)).resolves.toBeUndefined();
    await down;
    await expect(client.get(onHanging)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    const up = heard('sess:client:node', ({ node, to }) => node === hanging && to === 'up');
    await cluster.resumeNode(hanging);
    await up;
    await expect(value(client, onHanging)).resolves.toBe('there');
  });

  it('authenticates with credentials, and says clearly when they are wrong', async () => {
    const cluster = await start(runtime, { credentials: { username: 'user', password: 'p@ss/word' } });
    const hosts = cluster.nodes.map(({ id }) => id).join(',');
    const client = clientOf(`memcached://user:p%40ss%2Fword@${hosts}`);
    await client.ready();
    await client.set('key', 'value', { ttlSeconds });
    await expect(value(client, 'key')).resolves.toBe('value');

    const stranger = clientOf(`memcached://user:hunter2@${hosts}`);
    const refusal = await stranger.ready().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SESS_AUTH', retryable: false });
    expect(String(refusal)).not.toContain('hunter2');
    await expect(stranger.get('key')).rejects.toMatchObject({ code: 'SESS_AUTH' });
  });
});
