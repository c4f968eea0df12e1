/** Two nodes that go one after the other, sooner than clients agree: a session that was read in between is there. */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { Transport } from '../src/transport/transport.ts';
import { crash, partyOfEachTest, restart } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 120 }, (_, number) => `session-${number}`);
const LONG = { timeout: 60_000 };
/** No agreement is reached while a test runs, and nothing is restored in the background. */
const historyIntervalMs = 60_000;

const party = partyOfEachTest();

/** Two clients over five nodes, and a session for each key. */
async function start(
  runtime: (typeof runtimes)[number],
  copies: number,
  options: Partial<ClientOptions> = {},
): Promise<[LocalCluster, readonly [Client, Client], readonly string[]]> {
  const [cluster, ids] = await party.startNodes(runtime, 5);
  const join = async (): Promise<Client> => (await party.join(ids, { copies, historyIntervalMs, ...options })).client;
  const clients = [await join(), await join()] as const;
  await Promise.all(KEYS.map((key) => clients[0].set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' })));
  return [cluster, clients, ids];
}

async function expectAll(client: Client): Promise<void> {
  const found = await Promise.all(KEYS.map((key) => client.get(key)));
  expect(found.map((record) => record?.value.toString())).toEqual(KEYS.map((key) => `value of ${key}`));
}

/** Reads all of it with one client. How many sessions are on fewer nodes than `copies`. */
async function rareAfterReading(cluster: LocalCluster, client: Client, copies: number, lost: string): Promise<number> {
  await expectAll(client);
  const nodes = cluster.nodes.filter(({ id }) => id !== lost).map(({ id }) => party.directly(cluster, id));
  const holders = await Promise.all(
    KEYS.map(async (key) => (await Promise.all(nodes.map((node) => node.get(key)))).filter(Boolean).length),
  );
  return holders.filter((count) => count < copies).length;
}

describe.each(runtimes)('two nodes that go one after the other (%s)', (runtime) => {
  it.each([2, 3])('lose nothing that was read after the first came back empty (copies %i)', LONG, async (copies) => {
    const [cluster, clients, [first = '', second = '']] = await start(runtime, copies);
    await crash(cluster, first, clients.length);
    await restart(cluster, first, clients.length);
    expect(await rareAfterReading(cluster, clients[0], copies, '')).toBe(0);
    await crash(cluster, second, clients.length);
    for (const client of clients) await expectAll(client);
  });

  it.each([2, 3])(
    'have a copy elsewhere of what was read after the first went down (copies %i)',
    LONG,
    async (copies) => {
      const [cluster, clients, [first = '']] = await start(runtime, copies);
      await crash(cluster, first, clients.length);
      expect(await rareAfterReading(cluster, clients[0], copies, first)).toBe(0);
      for (const client of clients) await expectAll(client);
    },
  );

  it('have a copy elsewhere of what was read after all agreed, where keys are not listed', LONG, async () => {
    const inner = textTransport();
    const transport: Transport = {
      name: 'without a list',
      open: (node, options, events) => Object.assign(inner.open(node, options, events), { keys: undefined }),
    };
    const [cluster, clients, [first = '']] = await start(runtime, 2, { historyIntervalMs: 200, transport });
    const [one] = clients;
    await crash(cluster, first, clients.length);
    await expect.poll(() => KEYS.map((key) => one.explain(key).mode)).not.toContain('overlap');
    expect(await rareAfterReading(cluster, one, 2, first)).toBe(0);
  });

  it(
    'do not bring back what was destroyed, nor an older state, when it is read by whoever did not see it',
    LONG,
    async () => {
      const [cluster, clients, [first = '', second = '']] = await start(runtime, 2);
      const [one, other] = clients;
      await crash(cluster, first, clients.length);
      await restart(cluster, first, clients.length);
      await expectAll(one);
      const [destroyed = '', changed = ''] = KEYS.filter((key) => one.explain(key).owners.includes(first));
      await other.delete(destroyed, { ttlSeconds });
      const record = await other.get(changed);
      await other.set(changed, 'changed', { ttlSeconds, expect: record ?? 'absent' });
      await crash(cluster, second, clients.length);
      for (const client of clients) {
        expect(await client.get(destroyed)).toBeUndefined();
        expect((await client.get(changed))?.value.toString()).toBe('changed');
      }
    },
  );
});
