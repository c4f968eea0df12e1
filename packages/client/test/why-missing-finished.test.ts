/** Why a key is missing when the view that tells is forgotten: its handover was finished, without a node or with it. */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client, MissReport } from '../src/contract.ts';
import { partyOfEachTest, type Member } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 60 }, (_, number) => `session-${number}`);
const LONG = { timeout: 60_000 };

const party = partyOfEachTest();

function unlist(members: readonly Member[], others: readonly string[]): void {
  for (const { discovery } of members) discovery.report(...others);
}

function ask(client: Client, key: string, seenAt: number): Promise<MissReport> {
  return client.whyMissing(key, { seenAt, endsAt: seenAt + 1_000 * ttlSeconds, ttlSeconds });
}

describe.each(runtimes)('why a key is missing, after a handover was finished (%s)', (runtime) => {
  /** Two clients over three nodes, and which keys the last of these holds. */
  async function start(finish = true): Promise<{
    readonly cluster: LocalCluster;
    readonly members: readonly [Member, Member];
    readonly last: string;
    readonly others: readonly string[];
    readonly keys: readonly string[];
  }> {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const options = { copies: 1, historyIntervalMs: 300, handover: { clockSkewMs: 0, finish } };
    const members = [await party.join(ids, options), await party.join(ids, options)] as const;
    const [{ client }] = members;
    await Promise.all(KEYS.map((key) => client.set(key, 'v', { ttlSeconds, expect: 'absent' })));
    const [last = '', ...others] = ids.toReversed();
    const keys = KEYS.filter((key) => client.explain(key).owners.includes(last));
    return { cluster, members, last, others, keys };
  }

  async function finished(members: readonly Member[]): Promise<void> {
    for (const { client } of members) await expect.poll(() => client.handovers, LONG).toEqual([]);
  }

  /** Loses what is left of a key, as an eviction does. */
  async function lose(cluster: LocalCluster, client: Client, key: string): Promise<void> {
    await client.get(key);
    for (const id of client.explain(key).owners) await party.evict(cluster, id, key);
    await expect.poll(() => client.get(key), LONG).toBeUndefined();
  }

  it('names the node that crashed and was taken off the list', LONG, async () => {
    const { cluster, members, last, others, keys } = await start();
    const seenAt = Date.now();
    await cluster.crashNode(last);
    unlist(members, others);
    await finished(members);
    const [key = ''] = keys;
    for (const { client } of members) {
      expect(await client.get(key)).toBeUndefined();
      expect(await ask(client, key, seenAt)).toEqual({ cause: 'node-lost', certainty: 'likely', node: last });
      // Without a sighting, too: it may have been there.
      expect(await client.whyMissing(key, { ttlSeconds })).toMatchObject({ cause: 'node-lost', certainty: 'possible' });
    }
    // What was written since was never there.
    const [{ client }] = members;
    await client.set(key, 'v', { ttlSeconds, expect: 'absent' });
    const since = Date.now();
    await lose(cluster, client, key);
    expect((await ask(client, key, since)).cause).not.toBe('node-lost');
  });

  it('blames no node that was emptied by the end of the handover, and stopped', LONG, async () => {
    const { cluster, members, last, others, keys } = await start();
    const seenAt = Date.now();
    unlist(members, others);
    await finished(members);
    await cluster.crashNode(last);
    const [key = ''] = keys;
    await lose(cluster, members[0].client, key);
    for (const { client } of members) expect((await ask(client, key, seenAt)).cause).not.toBe('node-lost');
  });

  it.each([true, false])('blames no node that was drained, and stopped (finish: %s)', LONG, async (finish) => {
    const { cluster, members, last, others, keys } = await start(finish);
    const seenAt = Date.now();
    await members[0].client.drain(last);
    await expect.poll(() => members[1].client.topology.drains.get(last)).toBe('drained');
    await cluster.crashNode(last);
    unlist(members, others);
    if (finish) await finished(members);
    const [key = ''] = keys;
    await lose(cluster, members[0].client, key);
    for (const { client } of members) expect((await ask(client, key, seenAt)).cause).not.toBe('node-lost');
  });
});
