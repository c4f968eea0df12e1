/** A write whose record, or the one that it expects, another client migrates under a new version meanwhile. */
import { describe, expect, it } from 'vitest';

import { A, B, C, fakeCluster, join, keyOf, overlapping } from '../../test/fake-cluster.ts';
import type { FakeServer } from '../../test/fake-server.ts';
import { decode, encodeRecord, RECORD_FLAGS, type StoredRecord } from '../record.ts';

const ttlSeconds = 60;

/** Stores what `from` has on all servers under a later version, as a migration does. */
function migrateTo(servers: readonly FakeServer[], from: FakeServer, key: string, stamp?: number): void {
  const item = from.get(key);
  if (item === undefined) throw new Error('nothing to migrate');
  const record = decode({ ...item, ttlSeconds, cas: { epoch: 1, unique: 1 } }, { id: 'another' }) as StoredRecord;
  const bytes = encodeRecord(record.value, record.version + (1n << 20n), ttlSeconds, stamp ?? record.stamp);
  for (const server of servers) server.store('set', key, bytes, { flags: RECORD_FLAGS, ttlSeconds });
}

describe('a write that expects a record', () => {
  it('is none the worse for its migration', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.set('key', 'base', { ttlSeconds });
    const read = await client.get('key');
    migrateTo([network.at(A)], network.at(A), 'key');
    await client.set('key', 'mine', { ttlSeconds, expect: read });
    expect((await client.get('key'))?.value.toString()).toBe('mine');
  });

  it('is none the worse for the read that migrates it in a handover', async () => {
    const cluster = await fakeCluster([], { copies: 1 });
    const { clock } = cluster;
    const { client, discovery } = await join(cluster, [A], { copies: 1 });
    discovery.report(A, B);
    await clock.passUntil(() => client.topology.states.has(B));
    const key = keyOf(client, B);
    discovery.report(A);
    await clock.passUntil(() => client.explain(key).owners[0] === A);
    const written = await client.set(key, 'base', { ttlSeconds: 3_600 });
    discovery.report(A, B);
    await clock.passUntil(() => client.explain(key).mode === 'handover' && client.explain(key).owners[0] === B);
    expect((await client.get(key))?.version).toBeGreaterThan(written.version);
    await client.set(key, 'mine', { ttlSeconds, expect: written });
    expect((await client.get(key))?.value.toString()).toBe('mine');
  });

  it('is a conflict where another wrote the same value', async () => {
    const { client, network } = await fakeCluster([A]);
    const base = await client.set('key', 'base', { ttlSeconds });
    const read = await client.get('key');
    const stamp = (base as StoredRecord).stamp ^ 1;
    migrateTo([network.at(A)], network.at(A), 'key', stamp);
    await expect(client.set('key', 'mine', { ttlSeconds, expect: read })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
  });
});

describe('a write to several nodes whose record is migrated between them', () => {
  it.each([
    ['succeeds, because nothing else was written', undefined, 'resolves'],
    ['is a conflict where another wrote the same value', 7, 'rejects'],
    ['succeeds where the one that it expects is migrated', 'expected', 'resolves'],
  ] as const)('%s', async (_, how, outcome) => {
    const { client, network, key } = await overlapping();
    const read = await client.get(key);
    const servers = [A, B, C].map((id) => network.at(id));
    const hasMine = (server: FakeServer): boolean => server.get(key)?.value.subarray(16).toString() === 'mine';
    let migrated = 0;
    for (const server of servers)
      server.beforeRequest = (request) => {
        const changed = servers.find(hasMine);
        if ((request !== 'cas' && request !== 'add') || changed === undefined || migrated > 0) return;
        migrated += 1;
        if (how !== 'expected') migrateTo(servers, changed, key, how);
        else {
          const others = servers.filter((other) => other !== changed);
          migrateTo(
            others,
            others.find((other) => other.get(key)?.value.subarray(16).toString() === 'value') ?? changed,
            key,
          );
        }
      };
    const write = client.set(key, 'mine', { ttlSeconds, expect: read });
    if (outcome === 'resolves') await expect(write).resolves.toBeDefined();
    else await expect(write).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    expect((await client.get(key))?.value.toString()).toBe('mine');
    expect(migrated).toBe(1);
  });
});
