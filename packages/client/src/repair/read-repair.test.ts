import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster, keyOf, overlapping } from '../../test/fake-cluster.ts';
import type { FakeServer } from '../../test/fake-server.ts';

describe('a copy that a read restores', () => {
  it.each([3, 100])('lives as long as the one from which it is made, which lives for %i s', async (ttlSeconds) => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    const key = keyOf(client, A);
    await client.set(key, 'value', { ttlSeconds, expect: 'absent' });
    network.at(A).delete(key);
    await client.get(key);
    expect(network.at(A).get(key)?.ttlSeconds).toBe(ttlSeconds);
  });

  it('lives as long after any number of losses, while views overlap', async () => {
    const { client, network, key } = await overlapping();
    const [first = '', second = ''] = client.explain(key).owners;
    for (const lost of [first, second, first, second]) {
      network.at(lost).delete(key);
      for (const id of client.explain(key).elders) network.at(id).delete(key);
      await client.get(key);
    }
    for (const id of [first, second]) expect(network.at(id).get(key)?.ttlSeconds).toBe(100);
  });

  it.each([1, 2])('is not made in the last seconds: %i', async (ttlSeconds) => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    const key = keyOf(client, A);
    await client.set(key, 'value', { ttlSeconds, expect: 'absent' });
    network.at(A).delete(key);
    await expect(client.get(key)).resolves.toBeDefined();
    expect(network.at(A).get(key)).toBeUndefined();
  });

  it('replaces one that ends before the others, while views overlap', async () => {
    const { client, network, key } = await overlapping();
    const { owners } = client.explain(key);
    for (const id of owners) shorten(network.at(id), key);
    await expect(client.get(key)).resolves.toMatchObject({ ttlSeconds: 100 });
    for (const id of owners) expect(network.at(id).get(key)?.ttlSeconds).toBe(100);
  });

  it('is made, though an earlier owner has a copy that ends before', async () => {
    const { client, network, key } = await overlapping();
    const { owners, elders } = client.explain(key);
    for (const id of elders) shorten(network.at(id), key);
    await client.get(key);
    for (const id of owners) expect(network.at(id).get(key)?.ttlSeconds).toBe(100);
    for (const id of elders) expect(network.at(id).get(key)?.ttlSeconds).toBe(40);
  });
});

/** Shortens a copy's life, as if a touch had not reached it because its node was down, or an earlier owner. */
function shorten(server: FakeServer, key: string): void {
  if (server.get(key) !== undefined) server.touch(key, 40);
}
