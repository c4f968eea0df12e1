import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import type { Client } from '@sess/client';
import { afterEach, describe, expect, inject, it } from 'vitest';

import { selfAmong, thisMachine, type Machine } from '../src/commands/own-node.ts';
import { application, json, KEYS, run, type Outcome } from './run.ts';
import { sessProcess } from './sess-process.ts';

/** Slow enough that a drain outlives a moment in which this process gets no CPU. */
const PACE = 'historyIntervalMs=500&clockSkewMs=0';

let cluster: LocalCluster;
let client: Client;
let servers: string;
afterEach(async () => {
  await client.close();
  await cluster.close();
});

async function start(runtime: 'memcached' | 'embedded' | 'container', copies = 1): Promise<void> {
  cluster = await startLocalCluster({ nodes: 3, runtime });
  servers = `elasticache://${cluster.configurationEndpoint}?${PACE}&pollIntervalMs=100&timeoutMs=5000&copies=${copies}`;
  client = await application(servers, KEYS);
}

const sess = (...words: string[]): Promise<Outcome> => run(words, { env: { SESS_SERVERS: servers } });

async function missing(): Promise<number> {
  const found = await Promise.all(KEYS.map((key) => client.get(key)));
  return found.filter((record) => record === undefined).length;
}

describe.each(inject('mainRuntimes'))('sess drain --self before a node stops (%s)', (runtime) => {
  it('empties the node, and stays out of rotation until it is gone', async () => {
    await start(runtime);
    const [, node] = cluster.nodes.map(({ id }) => id);
    const outcome = await sess('drain', '--self', '--node', node ?? '', '--deadline', '60', '--json');
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(json(outcome)).toEqual({ node, state: 'drained' });
    await cluster.removeNode(node ?? '');
    expect(await missing()).toBe(0);
  });

  it('waits for the handover where the list has forgotten the node already, as DNS does', async () => {
    await start(runtime);
    const [first = ''] = cluster.nodes.map(({ id }) => id);
    // The node leaves the list, and answers until it is drained.
    const still = cluster.nodes.slice(1).map(({ id }) => id);
    const rest = `${still.join(',')}?${PACE}&timeoutMs=5000`;
    const other = await application(`memcached://${rest}`, []);
    await client.close();
    client = other;
    await expect.poll(() => client.handovers.some(({ nodes }) => nodes.includes(first))).toBe(true);
    const outcome = await run(['drain', '--self', '--node', first, '--json'], {
      env: { SESS_SERVERS: `memcached://${rest}` },
    });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    await cluster.crashNode(first);
    expect(await missing()).toBe(0);
  });
});

describe('sess drain --self', () => {
  it('ends at its deadline, says what is lost, and leaves the node out of rotation', async () => {
    await start('embedded');
    const [node = ''] = cluster.nodes.map(({ id }) => id);
    const outcome = await sess('drain', '--self', '--node', node, '--deadline', '6', '--keys-per-second', '1');
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('terminationGracePeriodSeconds') });
    expect(client.topology.drains.get(node)).toBe('draining');
    expect(await missing()).toBe(0);
  });

  it('ends its process at the deadline, even while the clients have not agreed', async () => {
    await start('embedded');
    const [node = ''] = cluster.nodes.map(({ id }) => id);
    const slow = { SESS_SERVERS: servers.replace('historyIntervalMs=500', 'historyIntervalMs=60000') };
    for (const words of [[], ['--until-expired']]) {
      await using child = sessProcess(['drain', '--self', '--node', node, '--deadline', '3', ...words], slow);
      await child.says(/time is over/);
      const saidAt = performance.now();
      expect((await child.ended).code).toBe(1);
      expect(performance.now() - saidAt).toBeLessThan(5_000);
    }
  });

  it('leaves the node out of rotation when it is told to stop itself', async () => {
    await start('embedded');
    const [node = ''] = cluster.nodes.map(({ id }) => id);
    const words = ['drain', '--self', '--node', node, '--keys-per-second', '1'];
    await using child = sessProcess(words, { SESS_SERVERS: servers });
    await expect.poll(() => client.topology.drains.get(node)).toBe('draining');
    child.kill('SIGTERM');
    expect((await child.ended).code).toBe(1);
    expect(client.topology.drains.get(node)).toBe('draining');
    expect(await missing()).toBe(0);
  });

  it('puts the node back that started again under its name, and has nothing to do where it was not drained', async () => {
    await start('embedded');
    const [node = ''] = cluster.nodes.map(({ id }) => id);
    const self = ['drain', '--self', '--node', node];
    expect(await sess(...self, '--put-back')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to do'),
    });
    expect(await sess(...self)).toMatchObject({ code: 0 });
    await cluster.restartNode(node);
    expect(await sess(...self, '--put-back')).toMatchObject({ code: 0, stdout: `${node} is back in rotation.\n` });
    await expect.poll(() => client.topology.rotation).toContain(node);
    expect(await missing()).toBe(0);
  });

  it('asks which node is meant where several are on this machine', async () => {
    await start('embedded', 1);
    const outcome = await run(['drain', '--self'], { env: { SESS_SERVERS: servers, POD_IP: '192.0.2.1' } });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('Several nodes are on this machine') });
    expect(await sess('drain', '--self', '--node', 'elsewhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The nodes are'),
    });
  });

  it.each([[['drain']], [['drain', '127.0.0.1:1', '--self']], [['drain', '127.0.0.1:1', '--deadline', '3']]])(
    'refuses the words %j',
    async (words) => {
      await start('embedded');
      expect(await sess(...words)).toMatchObject({ code: 2 });
    },
  );
});

const topology = (nodes: readonly { id: string; address?: string }[]): Pick<Client, 'topology'> =>
  ({
    topology: {
      nodes: nodes.map(({ id, ...rest }) => ({ id, host: id.slice(0, id.lastIndexOf(':')), port: 1, ...rest })),
    },
  }) as never;

const hidden = (): Machine =>
  thisMachine(() => {
    throw new Error('uv_interface_addresses returned Unknown system error 97');
  });

describe('the node that runs here', () => {
  const pods = ['memcached-0', 'memcached-1', 'memcached-10'].map((name) => ({
    id: `${name}.memcached.default.svc.cluster.local:11211`,
  }));

  it.each([
    ['by the name of its pod', pods, {}, { name: 'memcached-1', addresses: [] }, pods[1]?.id],
    ['by POD_NAME', pods, { POD_NAME: 'memcached-0' }, { name: 'else', addresses: [] }, pods[0]?.id],
    [
      'by POD_IP',
      [{ id: '10.0.0.1:1' }, { id: '10.0.0.11:1' }],
      { POD_IP: '10.0.0.1' },
      { name: 'x', addresses: [] },
      '10.0.0.1:1',
    ],
    [
      'by the address of its machine',
      [{ id: 'a.example:1', address: '10.0.0.7' }],
      {},
      { name: 'x', addresses: ['10.0.0.7'] },
      'a.example:1',
    ],
    [
      'by an IPv6 address',
      [{ id: '[2001:db8::7]:1' }],
      {},
      { name: 'x', addresses: ['2001:db8::7'] },
      '[2001:db8::7]:1',
    ],
    ['not by the first number of an address', [{ id: '10.0.0.1:1' }], {}, { name: '10', addresses: [] }, undefined],
  ])('is found %s', (_, nodes, env, machine, found) => {
    expect(selfAmong(topology(nodes), [], undefined, env, () => machine)).toBe(found);
  });

  it('is asked for where a sandbox hides the addresses of the machine, rather than taken for no node', () => {
    expect(() => selfAmong(topology(pods), [], undefined, {}, hidden)).toThrow(/--node HOST:PORT, or allow AF_NETLINK/);
    expect(selfAmong(topology(pods), [], pods[1]?.id, {}, hidden)).toBe(pods[1]?.id);
  });
});

describe('sess finish', () => {
  it('waits until every session is where it belongs', async () => {
    await start('embedded');
    await cluster.addNode();
    await expect.poll(() => client.topology.rotation.length).toBe(4);
    expect(await sess('finish')).toMatchObject({ code: 0 });
    await expect.poll(() => client.handovers).toEqual([]);
    await expect.poll(async () => (await sess('finish')).stdout).toBe('No handover is open.\n');
    expect(await missing()).toBe(0);
  });

  it('says why a handover stays open when its time is over', async () => {
    await start('embedded');
    await client.close();
    const slow = servers.replace('historyIntervalMs=500', 'historyIntervalMs=10000');
    client = await application(slow, KEYS);
    await cluster.addNode();
    await expect.poll(() => client.topology.rotation.length).toBe(4);
    const outcome = await run(['finish', '--timeout', '0.1', '--json'], { env: { SESS_SERVERS: slow } });
    expect(outcome.code).toBe(1);
    expect((json(outcome)['open'] as readonly unknown[]).length).toBeGreaterThan(0);
  });
});
