/** A list of addresses that becomes one of host names, and back: the machines stay, their names do not. */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const KEYS = Array.from({ length: 36 }, (_, number) => `user/${number}`);
const [SHORT, LONG] = [60, 600];

const party = partyOfEachTest();

/** The longest life that any node has of each key, in seconds. */
async function lives(cluster: LocalCluster): Promise<readonly number[]> {
  const nodes = cluster.nodes.map(({ id }) => party.directly(cluster, id));
  return Promise.all(
    KEYS.map(async (key) => {
      const items = await Promise.all(nodes.map((node) => node.get(key)));
      return Math.max(0, ...items.map((item) => item?.ttlSeconds ?? 0));
    }),
  );
}

async function expectAll(client: Client): Promise<void> {
  for (const key of KEYS) expect((await client.get(key))?.value.toString()).toBe('login');
}

describe.each(runtimes)('a list whose names change (%s)', (runtime) => {
  it.each([1, 2])(
    'keeps every session for as long as it was touched, whoever hears first (copies: %i)',
    async (copies) => {
      const [cluster, addresses] = await party.startNodes(runtime, 3);
      const names = cluster.nodes.map(({ port }) => `localhost:${port}`);
      const options = { copies, historySecret: 'a secret of at least thirty-two bytes' };
      const [one, other] = [await party.join(addresses, options), await party.join(addresses, options)];
      for (const key of KEYS) await one.client.set(key, 'login', { ttlSeconds: SHORT, expect: 'absent' });
      one.discovery.report(...names);
      await expectAll(one.client);
      await expectAll(other.client);
      other.discovery.report(...names);
      for (const { client } of [one, other])
        await expect.poll(() => client.handovers.every(({ phase }) => phase === 'handover')).toBe(true);
      const late = await party.join(names, options);
      // What is put on an earlier owner ends with its window: no later than the short time from now.
      for (const { client } of [one, other, late]) {
        for (const key of KEYS) expect(await client.touch(key, LONG)).toBe(true);
        expect(Math.min(...(await lives(cluster)))).toBeGreaterThan(LONG - SHORT);
      }
      await expectAll(late.client);
      // And back.
      for (const { discovery } of [late, one, other]) discovery.report(...addresses);
      await expectAll(other.client);
      for (const key of KEYS) expect(await other.client.delete(key, { ttlSeconds: LONG })).toBe(true);
      for (const { client } of [one, other, late, await party.join(addresses, options)])
        for (const key of KEYS) expect(await client.get(key)).toBeUndefined();
    },
  );
});
