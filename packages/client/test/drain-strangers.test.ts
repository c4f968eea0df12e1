/** A drain that some clients of a node would not learn of: they have another secret for the history. */
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import { deriveHistorySecret } from '../src/membership/history-seal.ts';

const runtimes = inject('mainRuntimes');
const SHOP = deriveHistorySecret('the secret of the shop, which its servers have');
const ADMIN = deriveHistorySecret('the secret of the admin pages of that very shop');

async function join(servers: readonly string[], historySecret?: string | readonly string[]): Promise<Client> {
  const client = createClient({
    servers,
    historySecret,
    historyIntervalMs: 100,
    timeoutMs: 5_000,
    handover: { clockSkewMs: 0, finish: false },
  });
  onTestFinished(() => client.close());
  await client.ready();
  return client;
}

describe.each(runtimes)('a drain (%s)', (runtime) => {
  it.each<[string, string | undefined, string | undefined]>([
    ['a client without a secret, where an application has one', SHOP, undefined],
    ['a client with a secret, where an application has none', undefined, SHOP],
    ['another application', SHOP, ADMIN],
  ])('is refused to %s: it would go on writing to the node', async (_, theirs, own) => {
    const cluster = await startLocalCluster({ nodes: 2, runtime });
    onTestFinished(() => cluster.close());
    const servers = cluster.nodes.map(({ id }) => id);
    const [node = ''] = servers;
    const application = await join(servers, theirs);
    const client = await join(servers, own);
    await expect(client.drain(node)).rejects.toMatchObject({
      code: 'SESS_BAD_OPTION',
      node,
      message: expect.stringContaining('another historySecret') as unknown,
    });
    for (const one of [application, client]) expect(rotationOf(one)).toEqual(servers.toSorted());
  });

  it('is done by a client that has the secrets of all applications', async () => {
    const cluster = await startLocalCluster({ nodes: 2, runtime });
    onTestFinished(() => cluster.close());
    const servers = cluster.nodes.map(({ id }) => id);
    const [node = '', stays = ''] = servers;
    const applications = [await join(servers, SHOP), await join(servers, ADMIN)];
    const drainer = await join(servers, [SHOP, ADMIN]);
    await expect(drainer.drain(node)).resolves.toMatchObject({ phase: 'done' });
    for (const application of applications) {
      await expect.poll(() => rotationOf(application), { timeout: 10_000, interval: 10 }).toEqual([stays]);
    }
    // Each application has a name of its own for the cluster, which stays: it knows its nodes by that.
    const names = applications.map(({ topology }) => topology.cluster);
    expect(new Set(names).size).toBe(2);
    await cluster.restartNode(stays);
    for (const [index, application] of applications.entries()) {
      await expect
        .poll(() => application.set('key', 'value', { ttlSeconds: 60 }).then(() => 'stored', String), {
          timeout: 20_000,
        })
        .toBe('stored');
      expect(application.topology.cluster).toBe(names[index]);
      expect(rotationOf(application)).toEqual([stays]);
    }
  });
});

/** The nodes that own keys by now. */
function rotationOf(client: Client): readonly string[] {
  return [
    ...new Set(Array.from({ length: 100 }, (_, number) => client.explain(`session-${number}`).owners[0] ?? '')),
  ].toSorted();
}
