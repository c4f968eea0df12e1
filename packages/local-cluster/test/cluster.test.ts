import { createServer } from 'node:net';
import { once } from 'node:events';
import { SELF_SIGNED } from '@sess/loopback';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { LocalCluster } from '../src/local-cluster.ts';
import type { LocalClusterOptions } from '../src/options.ts';
import { startLocalCluster } from '../src/start-local-cluster.ts';
import { exchange, RawConnection } from './wire/raw-exchange.ts';

async function start(options: LocalClusterOptions): Promise<LocalCluster> {
  const cluster = await startLocalCluster(options);
  onTestFinished(() => cluster.close());
  return cluster;
}

async function ask(port: number, request: string): Promise<string> {
  return (await exchange(port, request)).toString();
}

/** The version and the ids that the endpoint lists. */
async function listed(cluster: LocalCluster): Promise<{ readonly version: number; readonly ids: readonly string[] }> {
  const port = Number(cluster.configurationEndpoint.split(':')[1]);
  const [, version, nodes = ''] = (await ask(port, 'config get cluster\r\n')).split(/\r?\n/);
  return { version: Number(version), ids: nodes.split(' ').map((node) => node.replace(/\|127\.0\.0\.1\|/, ':')) };
}

const ids = (cluster: LocalCluster): readonly string[] => cluster.nodes.map((node) => node.id);
const states = (cluster: LocalCluster): readonly string[] => cluster.nodes.map((node) => node.state);

describe.each(inject('runtimes'))('a cluster of runtime %s', (runtime) => {
  test('lists its nodes, which join, leave, crash, return empty, freeze and thaw', { timeout: 60_000 }, async () => {
    const cluster = await start({ nodes: 2, runtime });
    expect(cluster.runtime).toBe(runtime);
    expect(cluster.url).toBe(`elasticache://${cluster.configurationEndpoint}`);
    expect(await listed(cluster)).toEqual({ version: 1, ids: ids(cluster) });
    const [first, second] = cluster.nodes;
    if (!first || !second) throw new Error('two nodes were asked for');

    const third = await cluster.addNode({ weight: 2 });
    expect(third).toEqual({ id: third.id, host: '127.0.0.1', port: third.port, state: 'running', weight: 2 });
    expect(await listed(cluster)).toEqual({ version: 2, ids: [first.id, second.id, third.id] });
    expect(cluster.configurationVersion).toBe(2);

    const client = new RawConnection(first.port);
    client.send('set a 0 0 1\r\nx\r\n');
    await client.receive('STORED\r\n');
    await cluster.crashNode(first.id);
    await client.closed();
    expect(await ask(first.port, 'version\r\n')).toBe('');
    expect(states(cluster)).toEqual(['crashed', 'running', 'running']);
    expect(await listed(cluster)).toMatchObject({ version: 2, ids: { length: 3 } });
    await cluster.restartNode(first.id);
    expect(await ask(first.port, 'get a\r\n')).toBe('END\r\n');

    await cluster.pauseNode(second.id);
    const frozen = new RawConnection(second.port);
    frozen.send('mn\r\n');
    expect(await ask(first.port, 'mn\r\n')).toBe('MN\r\n');
    expect([frozen.received, states(cluster)[1]]).toEqual(['', 'paused']);
    await cluster.resumeNode(second.id);
    expect(await frozen.receive('MN\r\n')).toBe('MN\r\n');
    await cluster.pauseNode(second.id);
    await cluster.crashNode(second.id);
    await frozen.closed();

    await cluster.removeNode(third.id);
    expect(await ask(third.port, 'version\r\n')).toBe('');
    expect(await listed(cluster)).toEqual({ version: 3, ids: [first.id, second.id] });

    const endpointPort = Number(cluster.configurationEndpoint.split(':')[1]);
    await Promise.all([cluster.close(), cluster.close()]);
    expect(await Promise.all([first.port, endpointPort].map((port) => ask(port, 'version\r\n')))).toEqual(['', '']);
    expect(states(cluster)).toEqual(['crashed', 'crashed']);
  });
});

describe.each(inject('runtimes').filter((name) => name !== 'container'))('a cluster of runtime %s', (runtime) => {
  test('restarts a running node empty', async () => {
    const cluster = await start({ nodes: 1, runtime });
    const [node] = cluster.nodes;
    await ask(node?.port ?? 0, 'set a 0 0 1\r\nx\r\n');
    await cluster.restartNode(node?.id ?? '');
    expect(await ask(node?.port ?? 0, 'get a\r\n')).toBe('END\r\n');
  });

  test('refuses what makes no sense, and says what to do', async () => {
    const cluster = await start({ nodes: 1, runtime });
    const [node] = cluster.nodes;
    const id = node?.id ?? '';
    await expect(cluster.crashNode('127.0.0.1:1')).rejects.toMatchObject({
      code: 'SESS_UNKNOWN_NODE',
      message: `no node "127.0.0.1:1"; the cluster has ${id}`,
    });
    await expect(cluster.removeNode(id)).rejects.toMatchObject({
      code: 'SESS_LAST_NODE',
      message: expect.stringMatching(/add another first/),
    });
    await expect(cluster.addNode({ weight: 0 })).rejects.toMatchObject({
      code: 'SESS_BAD_OPTION',
      message: 'weight: expected a number above 0, got 0',
    });
    await cluster.crashNode(id);
    await cluster.crashNode(id);
    await expect(cluster.pauseNode(id)).rejects.toMatchObject({
      code: 'SESS_NODE_STATE',
      message: `can't pause node ${id}: it has crashed; restart it first`,
    });
    await expect(cluster.resumeNode(id)).rejects.toMatchObject({ code: 'SESS_NODE_STATE' });
    await cluster.close();
    await expect(cluster.addNode()).rejects.toMatchObject({ code: 'SESS_CLOSED' });
  });

  test('keeps a node on its port, and says when that is taken meanwhile', async () => {
    const cluster = await start({ nodes: 1, runtime });
    const [node] = cluster.nodes;
    if (!node) throw new Error('a node was asked for');
    await cluster.crashNode(node.id);
    const squatter = createServer((socket) => socket.destroy()).listen(node.port, '127.0.0.1');
    await once(squatter, 'listening');
    await expect(cluster.restartNode(node.id)).rejects.toMatchObject({
      code: 'SESS_PORT_IN_USE',
      message: expect.stringContaining(String(node.port)),
    });
    expect(states(cluster)).toEqual(['crashed']);
    squatter.close();
    await once(squatter, 'close');
    await cluster.restartNode(node.id);
    expect(await ask(node.port, 'mn\r\n')).toBe('MN\r\n');
  });

  test('carries out what is asked at the same time one after another', async () => {
    const cluster = await start({ nodes: 2, runtime });
    const [first, second] = cluster.nodes;
    const outcomes = await Promise.allSettled([
      cluster.removeNode(first?.id ?? ''),
      cluster.removeNode(second?.id ?? ''),
      cluster.addNode(),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await listed(cluster)).toEqual({ version: 3, ids: ids(cluster) });
  });

  test('asks for credentials, and speaks TLS', async () => {
    const cluster = await start({
      nodes: 1,
      runtime,
      credentials: { username: 'user', password: 'secret' },
      tls: SELF_SIGNED,
    });
    const port = cluster.nodes[0]?.port ?? 0;
    const answers = ['get a\r\n', 'set x 0 0 11\r\nuser secret\r\nget a\r\n'].map((request) =>
      exchange(port, request, { tls: true }),
    );
    expect((await Promise.all(answers)).map(String)).toEqual(['CLIENT_ERROR unauthenticated\r\n', 'STORED\r\nEND\r\n']);
    expect(cluster.url).toBe(`elasticaches://${cluster.configurationEndpoint}`);
  });

  test('keeps to a size below what memcached cuts its memory into', async () => {
    const cluster = await start({ nodes: 1, runtime, maxItemBytes: 4_096 });
    const port = cluster.nodes[0]?.port ?? 0;
    expect(await ask(port, `set a 0 0 4000\r\n${'x'.repeat(4_000)}\r\n`)).toBe('STORED\r\n');
    expect(await ask(port, `set a 0 0 4096\r\n${'x'.repeat(4_096)}\r\n`)).toBe(
      'SERVER_ERROR object too large for cache\r\n',
    );
  });

  test('keeps to the sizes that were asked for', async () => {
    const cluster = await start({ nodes: 1, runtime, memoryMegabytes: 8, maxItemBytes: 2_097_152 });
    const port = cluster.nodes[0]?.port ?? 0;
    expect(await ask(port, `set a 0 0 2000000\r\n${'x'.repeat(2_000_000)}\r\n`)).toBe('STORED\r\n');
    expect(await ask(port, `set a 0 0 2100000\r\n${'x'.repeat(2_100_000)}\r\n`)).toBe(
      'SERVER_ERROR object too large for cache\r\n',
    );
    expect(await ask(port, 'stats\r\n')).toMatch(/STAT limit_maxbytes 8388608\r\n/);
  });
});

describe('a cluster of memcached processes', () => {
  test.runIf(inject('runtimes').includes('memcached'))('notices a process that was ended by someone else', async () => {
    const cluster = await start({ nodes: 2, runtime: 'memcached' });
    const pid = Number(/STAT pid (\d+)/.exec(await ask(cluster.nodes[0]?.port ?? 0, 'stats\r\n'))?.[1]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => states(cluster)).toEqual(['crashed', 'running']);
    await cluster.restartNode(ids(cluster)[0] ?? '');
    expect(states(cluster)).toEqual(['running', 'running']);
  });
});

describe('a cluster of embedded nodes', () => {
  test('has at most 300 nodes', async () => {
    const cluster = await start({ nodes: 300, runtime: 'embedded' });
    expect(new Set(ids(cluster)).size).toBe(300);
    await expect(cluster.addNode()).rejects.toMatchObject({ code: 'SESS_TOO_MANY_NODES' });
  });

  test('is what auto takes where only they can do what is asked', async () => {
    const cluster = await start({ nodes: 1, now: () => 0 });
    expect(cluster.runtime).toBe('embedded');
    expect(cluster.runtimeReason).toMatch(
      /^it is the first that works here \(container: the option "now" sets the clock of embedded nodes; .*memcached: /,
    );
  });

  test('is disposed of at the end of a block', async () => {
    const cluster = await start({ nodes: 1, runtime: 'embedded' });
    await cluster[Symbol.asyncDispose]();
    expect(await ask(cluster.nodes[0]?.port ?? 0, 'mn\r\n')).toBe('');
  });
});

describe('the configuration port', () => {
  test('is taken as asked for, and refused when it is in use, before any node is started', async () => {
    const one = await start({ nodes: 1, runtime: 'embedded' });
    const port = Number(one.configurationEndpoint.split(':')[1]);
    await expect(startLocalCluster({ nodes: 1, runtime: 'embedded', configurationPort: port })).rejects.toMatchObject({
      code: 'SESS_PORT_IN_USE',
    });
    await one.close();
    const other = await start({ nodes: 1, runtime: 'embedded', configurationPort: port });
    expect(other.configurationEndpoint).toBe(`127.0.0.1:${port}`);
  });
});
