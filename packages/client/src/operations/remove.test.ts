import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster, keyOf } from '../../test/fake-cluster.ts';
import { decode, encodeRecord, encodeTombstone, type Entry, RECORD_FLAGS, TOMBSTONE_FLAGS } from '../record.ts';
import type { FakeServer } from '../../test/fake-server.ts';

const ttlSeconds = 60;

function entryOn(server: FakeServer, key: string): Entry {
  const item = server.get(key);
  if (item === undefined) throw new Error('nothing is stored');
  return decode({ ...item, cas: { unique: item.unique, epoch: 0 } }, server);
}

describe('delete', () => {
  it('replaces the record by a tombstone of a higher version, and says that there was one', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    const written = await client.set('key', 'value', { ttlSeconds: 600 });
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(true);
    const entry = entryOn(network.at(A), 'key');
    expect(entry).toMatchObject({ kind: 'tombstone', endsAt: clock.now() + 60_000 });
    expect(entry.kind === 'tombstone' && entry.version > written.version).toBe(true);
  });

  it('makes a higher version than a client whose clock is ahead', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    const ahead = BigInt(clock.now() + 3_600_000) << 16n;
    network.at(A).store('set', 'key', encodeRecord('theirs', ahead, ttlSeconds), { flags: RECORD_FLAGS, ttlSeconds });
    await client.delete('key', { ttlSeconds });
    const entry = entryOn(network.at(A), 'key');
    expect(entry.kind === 'tombstone' && entry.version > ahead).toBe(true);
  });

  it('leaves a tombstone where nothing was, and says that there was nothing', async () => {
    const { client } = await fakeCluster([A]);
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(false);
    await expect(client.set('key', 'late', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
  });

  it('keeps a write that was under way from bringing the record back, until the tombstone ends', async () => {
    const { client, clock } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds });
    const read = await client.get('key');
    await client.delete('key', { ttlSeconds });
    await expect(client.set('key', 'late', { ttlSeconds, expect: read })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    // memcached may drop the tombstone up to a second early, so its time to live is a second longer.
    await clock.pass(60_000);
    await expect(client.set('key', 'new', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    await clock.pass(1_000);
    await expect(client.set('key', 'new', { ttlSeconds, expect: 'absent' })).resolves.toBeDefined();
  });

  it('leaves a tombstone that stands longer, and prolongs a shorter one', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.delete('key', { ttlSeconds });
    await expect(client.delete('key', { ttlSeconds: 10 })).resolves.toBe(false);
    expect(entryOn(network.at(A), 'key')).toMatchObject({ endsAt: clock.now() + 60_000 });
    await expect(client.delete('key', { ttlSeconds: 100 })).resolves.toBe(false);
    expect(entryOn(network.at(A), 'key')).toMatchObject({ endsAt: clock.now() + 100_000 });
  });

  it('replaces foreign bytes, which were no record', async () => {
    const { client, network } = await fakeCluster([A]);
    network.at(A).store('set', 'key', Buffer.from('text'), { flags: 0, ttlSeconds });
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(false);
    expect(entryOn(network.at(A), 'key').kind).toBe('tombstone');
  });

  it('tries again when someone writes in between, and buries what they wrote', async () => {
    const { client, network } = await fakeCluster([A]);
    const server = network.at(A);
    await client.set('key', 'value', { ttlSeconds });
    let writers = 3;
    server.beforeRequest = (request) => {
      const item = server.get('key');
      if (request !== 'cas' || item === undefined || writers === 0) return;
      writers -= 1;
      server.store('set', 'key', item.value, { flags: RECORD_FLAGS, ttlSeconds });
    };
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(true);
    expect(server.requests.filter((request) => request === 'cas').length).toBe(4);
    await expect(client.get('key')).resolves.toBeUndefined();
  });

  it('says whose word counted when another delete came first', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    const server = network.at(A);
    await client.set('key', 'value', { ttlSeconds });
    server.beforeRequest = (request) => {
      if (request !== 'cas') return;
      server.beforeRequest = undefined;
      server.store('set', 'key', encodeTombstone(2n ** 60n, 600, clock.now() + 600_000), {
        flags: TOMBSTONE_FLAGS,
        ttlSeconds: 600,
      });
    };
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(false);
  });

  it('gives up, and says so, when others write without end', async () => {
    const { client, network } = await fakeCluster([A]);
    const server = network.at(A);
    await client.set('key', 'value', { ttlSeconds });
    server.beforeRequest = (request) => {
      const item = server.get('key');
      if (request === 'cas' && item !== undefined)
        server.store('set', 'key', item.value, { flags: RECORD_FLAGS, ttlSeconds });
    };
    const attempt = client.delete('key', { ttlSeconds });
    await expect(attempt).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      message: expect.stringContaining('between each read and write') as string,
    });
  });

  it('follows the key when the topology changes between the look and the write', async () => {
    const { client, network, discovery } = await fakeCluster([A, B]);
    const key = keyOf(client, B);
    await client.set(key, 'value', { ttlSeconds });
    network.at(B).beforeRequest = () => discovery.report(A);
    await expect(client.delete(key, { ttlSeconds })).resolves.toBe(true);
    // On the current owner, and on the earlier one, which is still read.
    for (const node of [A, B]) expect(entryOn(network.at(node), key).kind).toBe('tombstone');
  });

  it('rejects when the owner does not answer', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    network.at(A).behaviour = 'hangs';
    const attempt = expect(client.delete('key', { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_TIMEOUT' });
    // One timeout for the history, which needs the longer time to live, and one for the key.
    await clock.pass(1_000);
    await attempt;
  });

  it('ends the record on a node without memory, and fails because no tombstone is there', async () => {
    const { client, network } = await fakeCluster([A]);
    const server = network.at(A);
    await client.set('key', 'value', { ttlSeconds });
    server.behaviour = 'full';
    for (const key of ['key', 'nothing-there']) {
      const refusal = await client.delete(key, { ttlSeconds }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: 'SESS_OUT_OF_MEMORY',
        node: A,
        message: expect.stringMatching(
          /no memory left for the mark of a deletion\. The record is gone from there/,
        ) as string,
      });
    }
    expect(server.get('key')).toBeUndefined();
    server.behaviour = 'answers';
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(false);
  });

  it('ends the record on every node, whichever has no memory', async () => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    await client.set('key', 'value', { ttlSeconds });
    for (const node of [A, B]) network.at(node).behaviour = 'full';
    await expect(client.delete('key', { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_OUT_OF_MEMORY' });
    for (const node of [A, B]) expect(network.at(node).get('key')).toBeUndefined();
  });

  it('says that the record may still be there where a node without memory keeps it', async () => {
    const { client, network } = await fakeCluster([A]);
    const server = network.at(A);
    await client.set('key', 'value', { ttlSeconds });
    const item = server.get('key');
    server.behaviour = 'full';
    server.beforeRequest = (request) => {
      if (request === 'get' && item !== undefined && server.get('key') === undefined)
        server.store('set', 'key', item.value, { flags: RECORD_FLAGS, ttlSeconds });
    };
    await expect(client.delete('key', { ttlSeconds })).rejects.toMatchObject({
      code: 'SESS_OUT_OF_MEMORY',
      message: expect.stringContaining('The record may still be there') as string,
    });
  });

  it('leaves a tombstone if the node has memory again when the record is to be ended', async () => {
    const { client, network } = await fakeCluster([A]);
    const server = network.at(A);
    await client.set('key', 'value', { ttlSeconds });
    server.behaviour = 'full';
    server.beforeRequest = (request) => {
      if (request === 'set') server.behaviour = 'answers';
    };
    await expect(client.delete('key', { ttlSeconds })).resolves.toBe(true);
    expect(entryOn(server, 'key').kind).toBe('tombstone');
  });

  it('refuses to work without a time to live', async () => {
    const { client } = await fakeCluster([A]);
    await expect(client.delete('key', {} as never)).rejects.toMatchObject({ code: 'SESS_BAD_VALUE' });
    await expect((client.delete as (key: string) => Promise<unknown>).call(client, 'key')).rejects.toMatchObject({
      code: 'SESS_BAD_VALUE',
    });
  });
});
