import { describe, expect, it } from 'vitest';

import { A, B, C, fakeCluster } from '../../test/fake-cluster.ts';
import type { FakeServer } from '../../test/fake-server.ts';
import { encodeRecord, RECORD_FLAGS } from '../record.ts';

const ttlSeconds = 60;

/**
 * A write to two nodes, and a newer record that another client stores on `where` after the first node accepted the
 * write. `by`: how much higher its version is than that of the base. The write has a version of the present time.
 */
async function overtaken(
  where: 'both' | 'both, but the first had lost its memory' | 'the second',
  by: bigint = 1n << 40n,
): Promise<{ write: Promise<unknown>; readonly stored: () => string[] }> {
  const { client, network } = await fakeCluster([A, B], { copies: 2 });
  const base = await client.set('key', 'base', { ttlSeconds, expect: 'absent' });
  const [first, second] = client.explain('key').owners.map((id) => network.at(id)) as [FakeServer, FakeServer];
  const newer = encodeRecord('newer', base.version + by, ttlSeconds);
  second.beforeRequest = (request) => {
    if (request !== 'cas') return;
    second.beforeRequest = undefined;
    if (where === 'both, but the first had lost its memory') first.flush();
    for (const server of where === 'the second' ? [second] : [first, second])
      server.store('set', 'key', newer, { flags: RECORD_FLAGS, ttlSeconds });
  };
  const write = client.set('key', 'mine', { ttlSeconds, expect: base });
  return { write, stored: () => [first, second].map((server) => String(server.get('key')?.value.subarray(16))) };
}

describe('a write to several nodes that another one overtakes', () => {
  it('is done where the other replaced it on the node that decides: so it is not told of a conflict, and does not count twice', async () => {
    const { write, stored } = await overtaken('both');
    await expect(write).resolves.toBeDefined();
    expect(stored()).toEqual(['newer', 'newer']);
  });

  it('is a conflict where the node that decides lost it before the other came', async () => {
    const { write, stored } = await overtaken('both, but the first had lost its memory');
    await expect(write).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    expect(stored()).toEqual(['newer', 'newer']);
  });

  it('is a conflict where the other passed the node that decides over, and its own copy gives way', async () => {
    const { write, stored } = await overtaken('the second');
    await expect(write).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    expect(stored()).toEqual(['newer', 'newer']);
  });
});

describe('a write that meets on the second node what it has not read, of a lower version', () => {
  it('is a conflict, because the other may be stored for its writer', async () => {
    const { write, stored } = await overtaken('the second', 1n);
    await expect(write).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    // What is left on the first is a mark.
    expect(stored()).toEqual(['', 'newer']);
  });
});

describe('a write during which a node returns', () => {
  it('publishes the view with it again before it reads the record again', async () => {
    const { client, network, clock, discovery } = await fakeCluster([A, B, C], {
      copies: 2,
      historyIntervalMs: 1_000,
    });
    await client.set('other', 'value', { ttlSeconds: 3_600 });
    discovery.report(A, B);
    // Until every client acts on the view without it.
    await clock.pass(60_000);
    const base = await client.set('key', 'base', { ttlSeconds: 3_600, expect: 'absent' });
    const second = network.at(client.explain('key').owners[1] ?? '');
    const history = (): string => String(second.get('@sess/history')?.value);
    const earlier = history();
    const seen: string[] = [];
    second.beforeRequest = (request) => {
      if (request !== 'get') return;
      seen.push(history());
      discovery.report(A, B, C);
    };
    await client.set('key', 'mine', { ttlSeconds: 3_600, expect: base });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen[0]).toBe(earlier);
    expect(seen[1]).not.toBe(earlier);
  });
});

describe('set with several copies', () => {
  it('asks nobody about its copies after a conflict on the first node, which stored none', async () => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    const base = await client.set('key', 'base', { ttlSeconds });
    const [first, second] = client.explain('key').owners.map((id) => network.at(id));
    const theirs = encodeRecord('theirs', base.version + 1n, ttlSeconds);
    for (const server of [first, second]) server?.requests.splice(0);
    if (first !== undefined)
      first.beforeRequest = (request) => {
        if (request !== 'cas') return;
        for (const server of [first, second]) server?.store('set', 'key', theirs, { flags: RECORD_FLAGS, ttlSeconds });
      };
    await expect(client.set('key', 'mine', { ttlSeconds, expect: base })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    expect(first?.userRequests).toEqual(['get', 'cas', 'get']);
    expect(second?.userRequests).toEqual(['get', 'get']);
  });
});
