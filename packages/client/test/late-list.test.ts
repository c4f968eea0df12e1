/**
 * A client whose list is late writes by the view that the others have left. It polls too rarely here to hear of that by
 * itself: the fence behind its write has to tell.
 */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { textTransport } from '../src/transport/text/index.ts';
import { partyOfEachTest, type Member } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 60 }, (_, number) => `user/${number}`);
const RARELY: Partial<ClientOptions> = { copies: 1, historyIntervalMs: 30_000 };

const party = partyOfEachTest();

const SECRET = 'a secret of at least thirty-two bytes';
const SIGNED: Partial<ClientOptions> = { ...RARELY, historySecret: SECRET };
const OPTIONS: readonly (readonly [string, Partial<ClientOptions>])[] = [
  ['meta dialect', RARELY],
  ['classic dialect', { ...RARELY, transport: textTransport({ dialect: 'classic' }) }],
  ['a secret', SIGNED],
  ['a secret that is being replaced', { ...RARELY, historySecret: [`new: ${SECRET}`, SECRET] }],
];

async function start(
  runtime: (typeof runtimes)[number],
  options: Partial<ClientOptions>,
): Promise<[LocalCluster, string[], Member, Member]> {
  const [cluster, ids] = await party.startNodes(runtime, 3);
  const [informed, late] = [await party.join(ids, options), await party.join(ids, options)];
  await late.client.set('longest', 'x', { ttlSeconds });
  return [cluster, ids, informed, late];
}

async function change(client: Client, key: string): Promise<void> {
  await client.set(key, 'changed', { ttlSeconds, expect: (await client.get(key)) ?? 'absent' });
}

describe.each(runtimes)('a list that is late (%s)', (runtime) => {
  it.each(OPTIONS)('what was destroyed stays so when the node is stopped that left (%s)', async (_, options) => {
    const [cluster, [leaving = '', ...staying], informed, late] = await start(runtime, options);
    const keys = KEYS.filter((key) => informed.client.explain(key).owners[0] === leaving);
    for (const key of keys) await informed.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    informed.discovery.report(...staying);
    for (const key of keys) await change(informed.client, key);
    for (const key of keys) expect(await late.client.delete(key, { ttlSeconds })).toBe(true);
    late.discovery.report(...staying);
    await cluster.crashNode(leaving);
    for (const { client } of [informed, late]) {
      for (const key of keys)
        await expect.poll(() => client.get(key).catch((error: unknown) => error), { timeout: 10_000 }).toBeUndefined();
    }
  });

  it.each([
    ['without a secret', { historyIntervalMs: 100 }],
    ['with a secret', { historyIntervalMs: 100, historySecret: SECRET }],
  ])('asks discovery at once about a node that only the history names (%s)', async (_, options) => {
    const [cluster, ids, informed, late] = await start(runtime, { ...RARELY, ...options });
    const before = late.discovery.refreshes;
    informed.discovery.report(...ids, (await cluster.addNode()).id);
    await expect.poll(() => late.discovery.refreshes, { timeout: 60_000 }).toBeGreaterThan(before);
  });

  it('what was changed and touched by the old list is where the new one looks for it', async () => {
    const [cluster, [leaving = '', ...staying], informed, late] = await start(runtime, RARELY);
    const keys = KEYS.filter((key) => informed.client.explain(key).owners[0] === leaving);
    for (const key of keys) await informed.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    informed.discovery.report(...staying);
    // Publishes the view without the node.
    await change(informed.client, 'another');
    for (const key of keys) await change(late.client, key);
    late.discovery.report(...staying);
    await cluster.crashNode(leaving);
    for (const key of keys) {
      await expect
        .poll(() => informed.client.get(key).then((record) => record?.value.toString(), String), { timeout: 10_000 })
        .toBe('changed');
    }
  });

  it('a session that was made by the new list is not missing by the old one', async () => {
    const cluster = await party.start(runtime, 3);
    const [joining = '', ...before] = cluster.nodes.map(({ id }) => id);
    const [informed, late] = [await party.join(before, SIGNED), await party.join(before, SIGNED)];
    await late.client.set('longest', 'x', { ttlSeconds });
    informed.discovery.report(joining, ...before);
    const keys = KEYS.filter((key) => informed.client.explain(key).owners[0] === joining);
    for (const key of keys) await informed.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    // What the old list's owners held is lost: only the new owner has it.
    for (const key of keys) for (const id of before) await party.evict(cluster, id, key);
    for (const key of keys) expect((await late.client.get(key))?.value.toString()).toBe('login');
  });
});
