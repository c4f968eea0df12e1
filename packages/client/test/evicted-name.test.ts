/** Every node evicts the history, and with it the cluster's name, while a process starts. */
import { expect, it } from 'vitest';

import { A, B, C, fakeCluster, join } from './fake-cluster.ts';

const HISTORY = '@sess/history';

it('keeps its name, which others still know, so that nobody takes the nodes for those of another cluster', async () => {
  const cluster = await fakeCluster([A, B, C], { historyIntervalMs: 1_000 });
  const { client, clock, network } = cluster;
  await client.set('key', 'value', { ttlSeconds: 600 });
  const nameOn = (id: string): string | undefined =>
    /"cluster":"([^"]+)"/.exec(network.at(id).get(HISTORY)?.value.toString() ?? '')?.[1];
  const name = nameOn(A);
  expect(name).toBeDefined();
  for (const id of [A, B, C]) network.at(id).delete(HISTORY);
  // The list of the other is about to change, too.
  const { client: late } = await join(cluster, [A, B], { historyIntervalMs: 1_000, random: () => 0.7 });
  await clock.pass(300);
  for (let round = 0; round < 40; round += 1) {
    await clock.pass(500);
    await client.get('key').catch(() => undefined);
  }
  expect([A, B, C].map(nameOn)).toEqual([name, name, name]);
  for (const each of [client, late]) expect(String((await each.get('key'))?.value)).toBe('value');
});
