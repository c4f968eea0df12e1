/**
 * An older copy is on its way to a node when a newer record is stored there and acknowledged, and the node then loses
 * its memory: the copy does not hide the record.
 */
import { describe, expect, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { settled } from './fake-clock.ts';
import { A, B, C, fakeCluster, join, keyOf, type FakeCluster } from './fake-cluster.ts';
import type { FakeServer } from './fake-server.ts';
import { HeldStores } from './held-stores.ts';

const ttlSeconds = 60;
const ROUND_MS = 1_500;
const OPTIONS = { copies: 2, historyIntervalMs: 1_000 };

const textOn = (server: FakeServer): string | undefined => server.get('key')?.value.toString('latin1', 16);

/** Another client that stores copies late, on a node that has no copy of its own accord. */
async function lateRestorer(cluster: FakeCluster): Promise<{ late: Client; stores: HeldStores }> {
  const stores = new HeldStores(cluster.network, 'add');
  const { client: late } = await join(cluster, [A, B], { copies: 2, transport: stores.transport });
  await cluster.clock.pass(10_000);
  return { late, stores };
}

describe.each<[string, (late: Client) => Promise<unknown>]>([
  ['a read', (late) => late.get('key')],
  ['a touch', (late) => late.touch('key', ttlSeconds)],
])('the copy that %s restores', (_, restore) => {
  it.each<[string, (client: Client) => Promise<unknown>, string | undefined]>([
    ['a change', (client) => client.set('key', 'mine', { ttlSeconds }), 'mine'],
    ['a deletion', (client) => client.delete('key', { ttlSeconds }), undefined],
  ])('does not hide %s', async (_what, act, expected) => {
    const cluster = await fakeCluster([A, B], OPTIONS);
    const { client, network, clock } = cluster;
    const { late, stores } = await lateRestorer(cluster);
    await client.set('key', 'base', { ttlSeconds, expect: 'absent' });
    const first = network.at(client.explain('key').owners[0] ?? '');
    first.delete('key');

    stores.held = first.id;
    const restored = restore(late).catch(() => undefined);
    for (let turn = 0; !stores.isReached && turn < 200; turn += 1) await settled();
    expect(stores.isReached).toBe(true);
    await act(client);
    first.flush();
    stores.release();
    for (let turn = 0; turn < 50; turn += 1) {
      await settled();
      expect(textOn(first)).not.toBe('base');
    }
    await clock.pass(ROUND_MS);
    await restored;
    for (const reader of [client, late]) expect((await reader.get('key'))?.value.toString()).toBe(expected);
  });
});

it('a copy that a read migrates to its new owner does not hide a change', async () => {
  const key = keyOf((await fakeCluster([A, B, C], OPTIONS)).client, C);
  const cluster = await fakeCluster([A, B], OPTIONS);
  const { client, network, clock, discovery } = cluster;
  const stores = new HeldStores(network, 'add');
  stores.key = key;
  const { client: late, discovery: lateDiscovery } = await join(cluster, [A, B], {
    copies: 2,
    transport: stores.transport,
  });
  await clock.pass(10_000);
  await client.set(key, 'base', { ttlSeconds: 600, expect: 'absent' });
  for (const list of [discovery, lateDiscovery]) list.report(A, B, C);
  await clock.pass(10_000);
  const route = client.explain(key);
  expect(route.mode).toBe('handover');
  const joined = network.at(C);
  expect(route.owners).toContain(C);

  stores.held = C;
  const migrated = late.get(key).catch(() => undefined);
  for (let turn = 0; !stores.isReached && turn < 200; turn += 1) await settled();
  expect(stores.isReached).toBe(true);
  await client.set(key, 'mine', { ttlSeconds: 600 });
  joined.flush();
  stores.release();
  await clock.pass(ROUND_MS);
  await migrated;
  for (const reader of [client, late]) expect((await reader.get(key))?.value.toString()).toBe('mine');
});
