/** `sess drain --self` when something else is wrong while the node must stop. */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ElastiCache } from '@aws-sdk/client-elasticache';
import { startLocalCluster } from '@sess/local-cluster';
import { afterEach, describe, expect, it } from 'vitest';

import { application, json, KEYS, run } from './run.ts';
import { closeShops, onClose, shop } from './elasticache/shop.ts';

afterEach(closeShops);

const NOBODY = { accessKeyId: 'nobody', secretAccessKey: 'looks at it' };
const PACE = 'historyIntervalMs=300&clockSkewMs=0&pollIntervalMs=100&timeoutMs=5000';

/** A cluster whose list can be told by a door of its own, which opens later. */
async function site() {
  const cluster = await startLocalCluster({ nodes: 3, runtime: 'embedded' });
  const client = await application(`elasticache://${cluster.configurationEndpoint}?${PACE}`, KEYS);
  const door = createServer((socket) => {
    const [host = '', port = ''] = cluster.configurationEndpoint.split(':');
    const inner = connect(Number(port), host);
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  const port = await listen(door, 0);
  await close(door);
  onClose(async () => {
    await client.close();
    await close(door);
    await cluster.close();
  });
  const missing = async (): Promise<number> => {
    const found = await Promise.all(KEYS.map((key) => client.get(key)));
    return found.filter((record) => record === undefined).length;
  };
  const [node = ''] = cluster.nodes.map(({ id }) => id);
  const env = { SESS_SERVERS: `elasticache://127.0.0.1:${port}?${PACE}` };
  return { cluster, client, node, env, missing, open: () => listen(door, port) };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}

describe('the list of nodes is out of reach when a node is to stop', () => {
  it('for a moment: the command tries again, and the node is drained', async () => {
    const { node, env, open, missing, cluster } = await site();
    const ended = run(['drain', '--self', '--node', node, '--deadline', '60', '--json'], { env });
    await pause(500);
    await open();
    const outcome = await ended;
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(json(outcome)).toEqual({ node, state: 'drained' });
    await cluster.removeNode(node);
    expect(await missing()).toBe(0);
  });

  it('until time is over: the error says what failed, and in time', async () => {
    const { node, env } = await site();
    const outcome = await run(['drain', '--self', '--node', node, '--deadline', '8'], { env });
    expect(outcome).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/ECONNREFUSED|refused|reach|did not answer/),
    });
  });

  it('and there is no deadline: nobody waits', async () => {
    const { node, env } = await site();
    expect(await run(['drain', '--self', '--node', node], { env })).toMatchObject({ code: 3 });
  });

  it('for a moment when it starts again: it is put back all the same', async () => {
    const { node, env, open, client } = await site();
    await client.drain(node);
    const ended = run(['drain', '--self', '--put-back', '--node', node], { env });
    await pause(500);
    await open();
    expect(await ended).toMatchObject({ code: 0, stdout: `${node} is back in rotation.\n` });
    await expect.poll(() => client.topology.rotation).toContain(node);
  });
});

describe('the application has another secret', () => {
  it('which no time mends: it says so at once', async () => {
    const { node, env, open } = await site();
    await open();
    const outcome = await run(['drain', '--self', '--node', node, '--deadline', '600'], {
      env: { ...env, SESS_SECRET: 'another secret of at least thirty-two bytes, for tests' },
    });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('another historySecret') });
  });
});

describe('a node that lists no keys', () => {
  it('says so, and drains while there is time if it is asked to', async () => {
    const { aws, env, client, expectNothingMissing } = await shop({ engineVersion: '1.6.22', nodes: 3 });
    const [, node = ''] = aws.nodes.map(({ id }) => id);
    const words = ['drain', '--self', '--node', node, '--deadline', '15'];
    const refused = await run(words, { env });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('--until-expired') });
    expect(client.topology.drains.size).toBe(0);
    const asked = run([...words, '--until-expired', '--json'], { env });
    await expect.poll(() => client.topology.drains.get(node)).toBe('draining');
    await expect
      .poll(async () => {
        await Promise.all(KEYS.map((key) => client.touch(key, 600)));
        return client.handovers.every(({ phase }) => phase === 'handover') && client.handovers.length;
      })
      .toBe(1);
    await Promise.all(KEYS.map((key) => client.touch(key, 600)));
    const outcome = await asked;
    expect(outcome, outcome.stderr).toMatchObject({ code: 1 });
    expect(json(outcome)).toMatchObject({ node, state: 'not-drained' });
    // Whoever came meanwhile has moved.
    const api = new ElastiCache({ endpoint: aws.apiEndpoint, region: 'us-east-1', credentials: NOBODY });
    await api.modifyCacheCluster({
      CacheClusterId: aws.clusterId,
      NumCacheNodes: 2,
      CacheNodeIdsToRemove: ['0002'],
      ApplyImmediately: true,
    });
    api.destroy();
    await aws.settled();
    await expectNothingMissing();
  });
});
