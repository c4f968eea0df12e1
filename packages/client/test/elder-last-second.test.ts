/** The last second in which an earlier owner is asked: memcached keeps an item for at least that long. */
import { describe, expect, it } from 'vitest';

import type { CacheRecord, Client } from '../src/contract.ts';
import { RECORD_FLAGS } from '../src/record.ts';
import type { Transport } from '../src/transport/transport.ts';
import { A, B, fakeCluster, join, keyOf } from './fake-cluster.ts';
import { bound } from './held-stores.ts';

const ttlSeconds = 60;

type Use = (client: Client, key: string, record: CacheRecord) => Promise<unknown>;

describe.each([
  ['which reports lives', (network: Transport): Transport => network],
  ['which reports no lives', withoutLives],
])('in the last second of an earlier owner, by a transport %s', (_, transportTo) => {
  it.each<[string, Use]>([
    ['a change', (client, key, record) => client.set(key, 'changed', { ttlSeconds, expect: record })],
    ['a change, whatever was there', (client, key) => client.set(key, 'changed', { ttlSeconds })],
    ['a get', (client, key) => client.get(key)],
    ['a touch', (client, key) => client.touch(key, ttlSeconds)],
  ])('%s leaves nothing there that lives longer', async (_what, use) => {
    const cluster = await fakeCluster([], { copies: 1 });
    const { clock, network } = cluster;
    const { client, discovery } = await join(cluster, [A], { copies: 1, transport: transportTo(network) });
    await clock.pass(5_000);
    const sample = await client.set('sample', 'value', { ttlSeconds: 30, expect: 'absent' });
    expect(sample.value.toString()).toBe('value');
    discovery.report(A, B);
    await clock.passUntil(() => client.topology.states.has(B));
    const key = keyOf(client, B);
    await clock.passUntil(() => client.explain(key).mode === 'handover');
    const left = (): number => (client.handovers[0]?.until ?? Infinity) - clock.now();
    await clock.passUntil(() => left() <= 8_400);
    const record = await client.set(key, 'value', { ttlSeconds, expect: 'absent' });
    await clock.passUntil(() => left() <= 500);
    // The copy there lives for 0.1 seconds more. Only a get finds no other.
    expect(network.at(A).get(key)?.flags).toBe(RECORD_FLAGS);
    network.at(B).delete(key);

    await use(client, key, record);
    await clock.pass(110);
    expect(network.at(A).get(key)?.flags).not.toBe(RECORD_FLAGS);
    expect(client.explain(key).elders).toEqual([A]);
    await clock.pass(390);
    expect(client.explain(key).elders).toEqual([]);
    expect((await client.get(key))?.value.toString()).toMatch(/^(value|changed)$/);
  });
});

/** As memjs, whose protocol does not report how long an item lives. */
function withoutLives(network: Transport): Transport {
  return {
    name: 'without lives',
    open: (...asked) => {
      const inner = network.open(...asked);
      const get: typeof inner.get = async (...parameters) => {
        const item = await inner.get(...parameters);
        return item && { ...item, ttlSeconds: undefined };
      };
      return { ...bound(inner), get };
    },
  };
}
