/**
 * Memcached evicts the history for lack of memory. The fence, in another class of sizes and asked for all the time,
 * tells an evicted history from none.
 */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { SessClientError } from '../src/errors.ts';
import { historySeals } from '../src/membership/history-seal.ts';
import type { ClientOptions } from '../src/options.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const SECRET = 'a secret of at least thirty-two bytes';
const KEYS = Array.from({ length: 60 }, (_, number) => `user/${number}`);
const OPTIONS: Partial<ClientOptions> = { copies: 1, historyIntervalMs: 2_000, historySecret: SECRET };

const party = partyOfEachTest();

/** Whatever the nodes remember of the cluster. */
async function evictHistory(cluster: LocalCluster, secrets: readonly string[]): Promise<void> {
  for (const { key } of historySeals(secrets)) for (const { id } of cluster.nodes) await party.evict(cluster, id, key);
}

/**
 * What is stored under the key. A client that can't tell yet, because nobody has told it the history in time, says so
 * and is asked again.
 */
async function loginUnder(client: Client, key: string): Promise<string | undefined> {
  for (;;) {
    try {
      return (await client.get(key))?.value.toString();
    } catch (error) {
      if (!SessClientError.is(error) || error.code !== 'SESS_UNAVAILABLE') throw error;
    }
  }
}

describe.each(runtimes)('a history that was evicted (%s)', (runtime) => {
  it.each([
    ['with a secret', OPTIONS, [SECRET]],
    ['without', { ...OPTIONS, historySecret: undefined }, []],
  ])(
    'has a process that starts find every session, told anew by one that does nothing else (%s)',
    async (_, options, secrets) => {
      const cluster = await party.start(runtime, 4);
      const [joining = '', ...before] = cluster.nodes.map(({ id }) => id);
      const { client, discovery } = await party.join(before, options);
      for (const key of KEYS) await client.set(key, 'login', { ttlSeconds, expect: 'absent' });
      discovery.report(joining, ...before);
      await expect.poll(() => KEYS.some((key) => client.explain(key).owners[0] === joining)).toBe(true);
      // Publishes the view.
      await client.set('another', 'x', { ttlSeconds });
      await evictHistory(cluster, secrets);
      const late = await party.join([joining, ...before], options);
      for (const key of KEYS) expect(await loginUnder(late.client, key)).toBe('login');
    },
  );

  it('of which no process is left is not waited for longer than an agreement: until then a session is out of reach, not missing', async () => {
    const [cluster, ids] = await party.startNodes(runtime, 2);
    const first = await party.join(ids, OPTIONS);
    await first.client.set('user', 'login', { ttlSeconds });
    await first.client.close();
    await evictHistory(cluster, [SECRET]);
    const { client } = await party.join(ids, OPTIONS);
    await expect(client.get('nobody')).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: expect.stringContaining('lost the history'),
    });
    await expect.poll(() => client.get('nobody').catch((error: unknown) => error), { timeout: 50_000 }).toBeUndefined();
    expect((await client.get('user'))?.value.toString()).toBe('login');
  });

  it('hides no change from a client that has not read of the latest view, nor its changes from the others', async () => {
    const cluster = await party.start(runtime, 4);
    const [joining = '', ...before] = cluster.nodes.map(({ id }) => id);
    // Reads the history only when a fence makes it do so.
    const options = { ...OPTIONS, historyIntervalMs: 60_000 };
    const knowing = await party.join(before, options);
    const late = await party.join(before, options);
    for (const key of KEYS) await late.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    knowing.discovery.report(joining, ...before);
    await expect.poll(() => knowing.client.handovers.length).toBe(1);
    for (const [index, key] of KEYS.entries()) {
      const [one, other] = index % 2 === 0 ? [knowing.client, late.client] : [late.client, knowing.client];
      const record = await one.get(key);
      // Behind the read and before the write: the write finds fences that changed, and no history.
      await evictHistory(cluster, [SECRET]);
      await one.set(key, 'changed', { ttlSeconds, expect: record ?? 'absent' });
      expect((await other.get(key))?.value.toString()).toBe('changed');
      await evictHistory(cluster, [SECRET]);
      await other.delete(key, { ttlSeconds });
      expect(await one.get(key)).toBeUndefined();
    }
  });
});
