import { describe, expect, it, onTestFinished } from 'vitest';

import { A, B, fakeCluster, keyOf } from '../../test/fake-cluster.ts';
import { createClient } from '../client.ts';
import type { CacheRecord, Client } from '../contract.ts';
import { encodeRecord, RECORD_FLAGS } from '../record.ts';

const ttlSeconds = 60;

async function readBack(client: Client, key: string): Promise<CacheRecord> {
  const record = await client.get(key);
  if (record === undefined) throw new Error('a miss');
  return record;
}

describe('set without expectation', () => {
  it('writes in one request, and resolves with the record as written', async () => {
    const { client, network } = await fakeCluster([A]);
    const written = await client.set('key', 'value', { ttlSeconds });
    expect(network.at(A).userRequests).toEqual(['set']);
    expect(written.value.toString()).toBe('value');
    expect(written.ttlSeconds).toBe(ttlSeconds);
    expect((await readBack(client, 'key')).version).toBe(written.version);
  });

  it('wins over whatever is there, even over a tombstone', async () => {
    const { client } = await fakeCluster([A]);
    await client.delete('key', { ttlSeconds });
    await client.set('key', 'back', { ttlSeconds });
    expect((await readBack(client, 'key')).value.toString()).toBe('back');
  });

  it('takes bytes as they are', async () => {
    const { client } = await fakeCluster([A]);
    await client.set('key', new Uint8Array([0, 13, 10, 255]), { ttlSeconds });
    expect([...(await readBack(client, 'key')).value]).toEqual([0, 13, 10, 255]);
    await client.set('empty', '', { ttlSeconds });
    expect((await readBack(client, 'empty')).value.length).toBe(0);
  });
});

describe("set with expect: 'absent'", () => {
  it('writes where nothing is', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds, expect: 'absent' });
    expect(network.at(A).userRequests).toEqual(['add']);
    expect((await readBack(client, 'key')).value.toString()).toBe('value');
  });

  it('is a conflict over a record, a tombstone or foreign bytes', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.set('record', 'value', { ttlSeconds });
    await client.delete('tombstone', { ttlSeconds });
    network.at(A).store('set', 'foreign', Buffer.from('text'), { flags: 0, ttlSeconds });
    for (const key of ['record', 'tombstone', 'foreign']) {
      const attempt = client.set(key, 'mine', { ttlSeconds, expect: 'absent' });
      await expect(attempt).rejects.toMatchObject({ code: 'SESS_CONFLICT', node: A, retryable: false });
    }
    expect((await readBack(client, 'record')).value.toString()).toBe('value');
  });
});

describe('set that expects a record', () => {
  it('is one compare-and-swap when the record was read over the connection that stands', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.set('key', 'one', { ttlSeconds });
    const read = await readBack(client, 'key');
    network.at(A).requests.length = 0;
    const written = await client.set('key', 'two', { ttlSeconds, expect: read });
    expect(network.at(A).userRequests).toEqual(['cas']);
    expect(written.version > read.version).toBe(true);
  });

  it('is a conflict when another write came first, and theirs stays', async () => {
    const { client } = await fakeCluster([A]);
    await client.set('key', 'one', { ttlSeconds });
    const read = await readBack(client, 'key');
    await client.set('key', 'theirs', { ttlSeconds, expect: read });
    const attempt = client.set('key', 'mine', { ttlSeconds, expect: read });
    await expect(attempt).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      message: expect.stringContaining('changed since') as string,
    });
    expect((await readBack(client, 'key')).value.toString()).toBe('theirs');
  });

  it('is a conflict when the record was deleted or is gone, and nothing is made anew', async () => {
    const { client, clock } = await fakeCluster([A]);
    const read = await client.set('key', 'one', { ttlSeconds }).then(() => readBack(client, 'key'));
    await client.delete('key', { ttlSeconds: 10 });
    await expect(client.set('key', 'two', { ttlSeconds, expect: read })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    await clock.pass(11_000);
    const attempt = client.set('key', 'two', { ttlSeconds, expect: read });
    await expect(attempt).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      message: expect.stringContaining('gone') as string,
    });
    await expect(client.get('key')).resolves.toBeUndefined();
  });

  it('always makes a higher version, even when the clock was set back', async () => {
    const { client, clock } = await fakeCluster([A]);
    const first = await client.set('key', 'one', { ttlSeconds });
    clock.setWallClock(clock.now() - 30_000);
    const second = await client.set('key', 'two', { ttlSeconds, expect: first });
    expect(second.version > first.version).toBe(true);
  });

  it('makes a higher version than a client whose clock is ahead', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    const ahead = (BigInt(clock.now() + 3_600_000) << 16n) | 5n;
    network.at(A).store('set', 'key', encodeRecord('theirs', ahead, ttlSeconds), { flags: RECORD_FLAGS, ttlSeconds });
    const written = await client.set('key', 'mine', { ttlSeconds, expect: await readBack(client, 'key') });
    expect(written.version > ahead).toBe(true);
  });

  it('needs a record of this package, not a copy', async () => {
    const { client, network } = await fakeCluster([A]);
    const written = await client.set('key', 'one', { ttlSeconds });
    for (const expected of [
      { ...written, value: written.value, version: written.version, ttlSeconds },
      'Absent',
      null,
      true,
    ]) {
      const attempt = client.set('key', 'two', { ttlSeconds, expect: expected as CacheRecord });
      await expect(attempt).rejects.toMatchObject({
        code: 'SESS_BAD_VALUE',
        message: expect.stringContaining("'absent'") as string,
      });
    }
    expect(network.at(A).userRequests).toEqual(['set']);
  });
});

describe('set that expects a record as it was written', () => {
  it('reads first, because no reply tells the number of a write', async () => {
    const { client, network } = await fakeCluster([A]);
    const written = await client.set('key', 'one', { ttlSeconds });
    await client.set('key', 'two', { ttlSeconds, expect: written });
    expect(network.at(A).userRequests).toEqual(['set', 'get', 'cas']);
    expect((await readBack(client, 'key')).value.toString()).toBe('two');
  });

  it('can go on and on from what the last one returned', async () => {
    const { client } = await fakeCluster([A]);
    let record = await client.set('key', '0', { ttlSeconds, expect: 'absent' });
    for (let number = 1; number <= 5; number += 1)
      record = await client.set('key', String(number), { ttlSeconds, expect: record });
    expect((await readBack(client, 'key')).value.toString()).toBe('5');
  });

  it.each<[string, (client: Client) => Promise<unknown>, string]>([
    ['changed', (client) => client.set('key', 'theirs', { ttlSeconds }), 'changed since'],
    ['deleted', (client) => client.delete('key', { ttlSeconds }), 'deleted since'],
  ])('is a conflict when it was %s', async (_, happens, reason) => {
    const { client } = await fakeCluster([A]);
    const written = await client.set('key', 'one', { ttlSeconds });
    await happens(client);
    const attempt = client.set('key', 'two', { ttlSeconds, expect: written });
    await expect(attempt).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('is a conflict when something foreign took its place', async () => {
    const { client, network } = await fakeCluster([A]);
    const written = await client.set('key', 'one', { ttlSeconds });
    network.at(A).store('set', 'key', Buffer.from('text'), { flags: 0, ttlSeconds });
    await expect(client.set('key', 'two', { ttlSeconds, expect: written })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
  });

  it('is a conflict when someone writes between the look and the write', async () => {
    const { client, network } = await fakeCluster([A]);
    const written = await client.set('key', 'one', { ttlSeconds });
    const server = network.at(A);
    server.beforeRequest = (request) => {
      if (request === 'cas') server.store('set', 'key', Buffer.from('theirs'), { flags: 0, ttlSeconds });
    };
    await expect(client.set('key', 'two', { ttlSeconds, expect: written })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    expect(server.get('key')?.value.toString()).toBe('theirs');
  });
});

describe('set that expects a record from an earlier connection', () => {
  it('reads again, and writes when the record is still the same', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.set('key', 'one', { ttlSeconds });
    const read = await readBack(client, 'key');
    network.at(A).drop();
    await clock.pass(10);
    network.at(A).requests.length = 0;
    await client.set('key', 'two', { ttlSeconds, expect: read });
    expect(network.at(A).userRequests).toEqual(['get', 'cas']);
  });

  it('never takes the number of a server that restarted for the one it read', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.set('key', 'one', { ttlSeconds });
    const read = await readBack(client, 'key');
    network.at(A).restart();
    await clock.pass(10);
    // It gets the same CAS value as before: it is the first write after the restart.
    await client.set('key', 'another one', { ttlSeconds });
    await expect(client.set('key', 'two', { ttlSeconds, expect: read })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    expect((await readBack(client, 'key')).value.toString()).toBe('another one');
  });

  it('finds out when the connection was lost unnoticed until the write', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.set('key', 'one', { ttlSeconds });
    const read = await readBack(client, 'key');
    network.at(A).drop();
    await client.set('key', 'two', { ttlSeconds, expect: read });
    expect((await readBack(client, 'key')).value.toString()).toBe('two');
  });
});

describe('set that expects a record of another client', () => {
  it('reads first: the number belongs to a connection of the other', async () => {
    const one = await fakeCluster([A]);
    const other = createClient({ servers: [A], transport: one.network, clock: one.clock });
    onTestFinished(() => other.destroy());
    await one.client.set('key', 'one', { ttlSeconds });
    const read = await readBack(one.client, 'key');
    await other.ready();
    one.network.at(A).requests.length = 0;
    await other.set('key', 'two', { ttlSeconds, expect: read });
    expect(one.network.at(A).userRequests).toEqual(['get', 'cas']);
    await expect(other.set('key', 'three', { ttlSeconds, expect: read })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
  });
});

describe('two clients that write the same at the same moment', () => {
  it.each([1, 2])(
    'are not taken for each other: one wrote it, the other has a conflict (copies: %i)',
    async (copies) => {
      const { client, network, clock } = await fakeCluster([A, B], { copies });
      const other = createClient({ servers: [A, B], transport: network, clock, copies, random: () => 0.5 });
      onTestFinished(() => other.destroy());
      await other.ready();
      await client.set('key', '1', { ttlSeconds, expect: 'absent' });
      // A record from the future: both clients count on from its version with the same random bits, so they write the
      // same bytes under the same version.
      const ahead = BigInt(clock.now() + 3_600_000) << 16n;
      const bytes = encodeRecord('2', ahead, ttlSeconds);
      for (const id of client.explain('key').owners)
        network.at(id).store('set', 'key', bytes, { flags: RECORD_FLAGS, ttlSeconds });
      const add = async (one: Client): Promise<CacheRecord> =>
        one.set('key', '3', { ttlSeconds, expect: await readBack(one, 'key') });
      const outcomes = await Promise.allSettled([add(client), add(other)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'SESS_CONFLICT' } });
      expect((await readBack(other, 'key')).version).toBe(ahead + 1n + 0x4000n);
    },
  );
});

describe('set after the key moved to another node', () => {
  it('finds what it expects with the earlier owner, and writes to both', async () => {
    const { client, network, discovery } = await fakeCluster([A, B]);
    const key = keyOf(client, B);
    const written = await client.set(key, 'one', { ttlSeconds });
    discovery.report(A);
    await client.set(key, 'two', { ttlSeconds, expect: written });
    for (const node of [A, B]) expect(network.at(node).get(key)?.value.subarray(16).toString()).toBe('two');
    expect((await readBack(client, key)).value.toString()).toBe('two');
  });

  it('is a conflict when somebody wrote to the earlier owner meanwhile', async () => {
    const { client, network, discovery } = await fakeCluster([A, B]);
    const key = keyOf(client, B);
    const written = await client.set(key, 'one', { ttlSeconds });
    discovery.report(A);
    const theirs = encodeRecord('theirs', written.version + 1n, ttlSeconds);
    network.at(B).store('set', key, theirs, { flags: RECORD_FLAGS, ttlSeconds });
    await expect(client.set(key, 'two', { ttlSeconds, expect: written })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      node: B,
    });
    expect(network.at(A).get(key)).toBeUndefined();
  });
});

describe('what set refuses before it sends anything', () => {
  it.each([0, -1, 1.5, NaN, Infinity, 315_360_001, '60', undefined, null])('a time to live of %j', async (ttl) => {
    const { client, network } = await fakeCluster([A]);
    await expect(client.set('key', 'value', { ttlSeconds: ttl as number })).rejects.toMatchObject({
      code: 'SESS_BAD_VALUE',
    });
    expect(network.at(A).userRequests).toEqual([]);
  });

  it('no options at all', async () => {
    const { client } = await fakeCluster([A]);
    const attempt = (client.set as (key: string, value: string) => Promise<unknown>).call(client, 'key', 'value');
    await expect(attempt).rejects.toMatchObject({
      code: 'SESS_BAD_VALUE',
      message: expect.stringContaining('ttlSeconds') as string,
    });
  });

  it('a time to live that ends after 2038', async () => {
    const { client, clock } = await fakeCluster([A]);
    clock.setWallClock(Date.UTC(2030, 0, 1));
    await expect(client.set('key', 'value', { ttlSeconds: 315_360_000 })).rejects.toMatchObject({
      code: 'SESS_BAD_VALUE',
    });
  });

  it.each([{ a: 1 }, 7, undefined, null, ['text'], new ArrayBuffer(4)])('the value %j', async (value) => {
    const { client } = await fakeCluster([A]);
    await expect(client.set('key', value as never, { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_BAD_VALUE' });
  });

  it('a value over maxValueBytes, counted in bytes; what was stored is still there', async () => {
    const { client, network } = await fakeCluster([A], { maxValueBytes: 10 });
    await client.set('key', 'ten bytes!', { ttlSeconds });
    await expect(client.set('key', 'ü'.repeat(6), { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' });
    await expect(client.set('key', Buffer.alloc(11), { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' });
    expect((await readBack(client, 'key')).value.toString()).toBe('ten bytes!');
    expect(network.optionsSeen?.maxValueBytes).toBe(26);
  });
});
