/** A record that is written while clients act on different views lives its whole life by each of them. */
import { describe, expect, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { A, B, C, fakeCluster, join, keyOf } from './fake-cluster.ts';

const ttlSeconds = 600;

type Use = (client: Client, key: string) => Promise<unknown>;

const create: Use = (client, key) => client.set(key, 'value', { ttlSeconds, expect: 'absent' });
const touch: Use = async (client, key) => {
  await client.set(key, 'value', { ttlSeconds: 20, expect: 'absent' });
  await client.touch(key, ttlSeconds);
};

// Nobody has asked the other client for anything: its view names no time to live.
describe.each([
  ['by a list that is late', 'the writer'],
  ['by a list that is undone', 'the other'],
] as const)('a record on a node that only its writer uses, %s', (_, first) => {
  it.each<[string, Use]>([
    ['created', create],
    ['touched', touch],
  ])('and that was %s there lives its whole life when the node has gone', async (_use, use) => {
    const cluster = await fakeCluster([], { copies: 1 });
    const { clock, network } = cluster;
    const lists = [
      [A, B, C],
      [A, B],
    ];
    const joined = [];
    for (const list of first === 'the writer' ? lists : lists.toReversed())
      joined.push(await join(cluster, list, { copies: 1 }));
    const [writer, other] = first === 'the writer' ? joined : joined.toReversed();
    if (writer === undefined || other === undefined) throw new Error('nobody joined');
    await clock.passUntil(() => writer.client.handovers.length > 0);
    const key = keyOf(writer.client, C);
    expect(writer.client.explain(key).mode).toBe('overlap');
    await use(writer.client, key);

    writer.discovery.report(A, B);
    network.at(C).behaviour = 'refuses';
    network.at(C).drop();
    await clock.pass((ttlSeconds - 10) * 1000);
    for (const { client } of [writer, other]) expect((await client.get(key))?.value.toString()).toBe('value');
  });
});
