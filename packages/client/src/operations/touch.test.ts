import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster, keyOf, overlapping } from '../../test/fake-cluster.ts';
import { encodeRecord, encodeTombstone, RECORD_FLAGS, TOMBSTONE_FLAGS } from '../record.ts';

describe('touch', () => {
  it('moves the expiry of a record in one request', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds: 10 });
    await expect(client.touch('key', 100)).resolves.toBe(true);
    expect(network.at(A).userRequests).toEqual(['set', 'touch']);
    await clock.pass(99_000);
    await expect(client.get('key')).resolves.toBeDefined();
    await clock.pass(1_000);
    await expect(client.get('key')).resolves.toBeUndefined();
  });

  it('leaves the record as it is: a write that expects it still holds', async () => {
    const { client } = await fakeCluster([A]);
    const written = await client.set('key', 'value', { ttlSeconds: 10 });
    const read = await client.get('key');
    await client.touch('key', 100);
    expect(read?.version).toBe(written.version);
    await expect(client.set('key', 'two', { ttlSeconds: 10, expect: read })).resolves.toBeDefined();
  });

  it('says no where nothing is, and where something foreign is', async () => {
    const { client, network } = await fakeCluster([A]);
    network.at(A).store('set', 'foreign', Buffer.from('text'), { flags: 0, ttlSeconds: 60 });
    await expect(client.touch('nothing', 10)).resolves.toBe(false);
    await expect(client.touch('foreign', 10)).resolves.toBe(false);
  });

  it('says no over a tombstone, and gives it back its end when it was shortened', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.delete('key', { ttlSeconds: 100 });
    await clock.pass(30_000);
    await expect(client.touch('key', 10)).resolves.toBe(false);
    expect(network.at(A).get('key')?.ttlSeconds).toBe(71);
    await clock.pass(70_000);
    await expect(client.set('key', 'late', { ttlSeconds: 10, expect: 'absent' })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
  });

  it('leaves a tombstone alone that it did not shorten', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.delete('key', { ttlSeconds: 100 });
    network.at(A).requests.length = 0;
    await expect(client.touch('key', 200)).resolves.toBe(false);
    expect(network.at(A).userRequests).toEqual(['touch', 'get']);
  });

  it('does not shorten a longer tombstone that someone puts there meanwhile', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    const server = network.at(A);
    await client.delete('key', { ttlSeconds: 100 });
    server.beforeRequest = (request) => {
      if (request !== 'cas') return;
      server.store('set', 'key', encodeTombstone(2n ** 60n, 900, clock.now() + 900_000), {
        flags: TOMBSTONE_FLAGS,
        ttlSeconds: 900,
      });
    };
    await expect(client.touch('key', 10)).resolves.toBe(false);
    expect(server.get('key')?.ttlSeconds).toBe(900);
  });

  it('puts the record on its owner while views overlap: a node that flaps for hours keeps them so, and what is touched lives on', async () => {
    const { client, network, discovery } = await fakeCluster([A, B]);
    const key = keyOf(client, B);
    discovery.report(A);
    await expect.poll(() => client.explain(key).owners).toEqual([A]);
    await client.set(key, 'value', { ttlSeconds: 100, expect: 'absent' });
    network.at(B).delete(key);
    discovery.report(A, B);
    await expect.poll(() => client.explain(key)).toMatchObject({ owners: [B], elders: [A], mode: 'overlap' });
    await expect(client.touch(key, 200)).resolves.toBe(true);
    expect(network.at(B).get(key)?.ttlSeconds).toBe(200);
  });

  it('puts a copy that is older than the one it prolonged in order', async () => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    await client.set('key', 'one', { ttlSeconds: 100, expect: 'absent' });
    const old = network.at(B).get('key');
    if (old === undefined) throw new Error('there is no second copy');
    await client.set('key', 'two', { ttlSeconds: 100 });
    network.at(B).store('set', 'key', old.value, { flags: old.flags, ttlSeconds: 100 });
    await expect(client.touch('key', 200)).resolves.toBe(true);
    expect(network.at(B).get('key')?.value.subarray(16).toString()).toBe('two');
    expect(network.at(B).get('key')?.ttlSeconds).toBe(200);
  });

  it('says no when no node took it, though one held the record a moment before', async () => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    await client.set('key', 'value', { ttlSeconds: 100, expect: 'absent' });
    for (const id of [A, B]) {
      const server = network.at(id);
      server.beforeRequest = (request) => {
        if (request === 'touch') server.delete('key');
      };
    }
    await expect(client.touch('key', 200)).resolves.toBe(false);
    expect(network.at(A).get('key')).toBeUndefined();
  });

  it.each([A, B])('prolongs every copy, though another client migrates the one on %s meanwhile', async (migrated) => {
    const { client, network, key, version } = await overlapping();
    const server = network.at(migrated);
    let migrations = 0;
    server.beforeRequest = (request) => {
      if (request !== 'cas' || (migrations += 1) > 1) return;
      const value = encodeRecord('value', version + 1n, 1);
      server.store('set', key, value, { flags: RECORD_FLAGS, ttlSeconds: 1 });
    };
    await expect(client.touch(key, 200)).resolves.toBe(true);
    expect(migrations).toBeGreaterThan(0);
    const { owners } = client.explain(key);
    for (const id of owners) {
      const copy = network.at(id).get(key);
      expect(copy?.ttlSeconds).toBe(200);
      expect(copy?.value.readBigUInt64BE(4)).toBe(version + 1n);
    }
  });

  it.each([A, B])('prolongs every copy while views overlap, though %s has no memory left', async (full) => {
    const { client, network, key } = await overlapping();
    network.at(full).behaviour = 'full';
    await expect(client.touch(key, 200)).resolves.toBe(true);
    for (const id of [A, B]) expect(network.at(id).get(key)?.ttlSeconds).toBe(200);
  });

  it.each([A, B])('prolongs the other copy if %s removes its own for lack of memory', async (full) => {
    const { client, network, key } = await overlapping();
    const server = network.at(full);
    server.behaviour = 'full';
    // As memcached does with a refused `ms`.
    server.beforeRequest = (request) => {
      if (request === 'cas') server.delete(key);
    };
    await expect(client.touch(key, 200)).resolves.toBe(true);
    expect(network.at(full).get(key)).toBeUndefined();
    expect(network.at(full === A ? B : A).get(key)?.ttlSeconds).toBe(200);
  });

  it.each([
    ['does not answer', 'hangs', 'SESS_UNAVAILABLE'],
    ['has no memory for it', 'full', 'SESS_OUT_OF_MEMORY'],
  ] as const)(
    'is no yes when only an earlier owner took it, whose window ends before, and the owner %s',
    async (_why, behaviour, code) => {
      const { client, network, discovery, clock } = await fakeCluster([A], {
        historyIntervalMs: 1_000,
        handover: { clockSkewMs: 0 },
      });
      const keys = Array.from({ length: 20 }, (_, number) => `key-${number}`);
      for (const each of keys) await client.set(each, 'value', { ttlSeconds: 100, expect: 'absent' });
      discovery.report(A, B);
      await clock.pass(60_000);
      const key = keyOf(client, B);
      expect(client.explain(key)).toMatchObject({ owners: [B], elders: [A], mode: 'handover' });
      network.at(B).behaviour = behaviour;
      const touched = expect(client.touch(key, 100)).rejects.toMatchObject({ code });
      await clock.pass(2_000);
      await touched;
      if (behaviour === 'full') await expect(client.touch(key, 10)).resolves.toBe(true);
      network.at(B).behaviour = 'answers';
      await clock.pass(10_000);
      await expect(client.touch(key, 100)).resolves.toBe(true);
      expect(network.at(B).get(key)?.ttlSeconds).toBe(100);
    },
  );

  it('prolongs the older copy of an owner that has no memory for the newest one: it may be the last copy soon', async () => {
    const { client, network } = await fakeCluster([A, B], { copies: 2 });
    const base = await client.set('key', 'acknowledged', { ttlSeconds: 100, expect: 'absent' });
    const [first, second] = client.explain('key').owners.map((id) => network.at(id));
    if (first === undefined || second === undefined) throw new Error('there is no second copy');
    second.behaviour = 'full';
    await expect(client.set('key', 'refused', { ttlSeconds: 100, expect: base })).rejects.toMatchObject({
      code: 'SESS_OUT_OF_MEMORY',
    });
    await expect(client.touch('key', 200)).resolves.toBe(true);
    expect(first.get('key')?.ttlSeconds).toBe(200);
    expect(second.get('key')?.ttlSeconds).toBe(200);
    expect(second.get('key')?.value.subarray(16).toString()).toBe('acknowledged');
  });

  it.each(['before', 'while'])(
    'is no yes when an owner in use goes silent %s it is touched: the session would end early if the other is lost',
    async (when) => {
      const { client, network, clock } = await fakeCluster([A, B], { copies: 2 });
      const key = keyOf(client, A);
      await client.set(key, 'value', { ttlSeconds: 100, expect: 'absent' });
      const silent = network.at(B);
      if (when === 'before') silent.behaviour = 'hangs';
      else
        silent.beforeRequest = (request) => {
          if (request === 'touch') silent.behaviour = 'hangs';
        };
      let refusal: unknown;
      client.touch(key, 200).catch((error: unknown) => (refusal = error));
      await clock.passUntil(() => refusal !== undefined);
      expect(refusal).toMatchObject({ code: 'SESS_UNAVAILABLE', node: B });
      expect(client.topology.states.get(B)).not.toBe('down');
      silent.beforeRequest = undefined;
      silent.behaviour = 'answers';
      await expect(client.touch(key, 200)).resolves.toBe(true);
      for (const id of [A, B]) expect(network.at(id).get(key)?.ttlSeconds).toBe(200);
    },
  );

  it('is a yes without an owner that is ejected: it gets its copies again when it returns', async () => {
    const { client, network, clock } = await fakeCluster([A, B], { copies: 2 });
    const key = keyOf(client, A);
    await client.set(key, 'value', { ttlSeconds: 100, expect: 'absent' });
    network.at(B).behaviour = 'hangs';
    await clock.passUntil(() => {
      client.touch(key, 100).catch(() => undefined);
      return client.topology.states.get(B) === 'down';
    });
    await expect(client.touch(key, 200)).resolves.toBe(true);
    network.at(B).behaviour = 'answers';
    await clock.passUntil(() => network.at(B).get(key)?.ttlSeconds === network.at(A).get(key)?.ttlSeconds);
  });

  it.each([0, 0.5, '10', undefined])('refuses a time to live of %j', async (ttlSeconds) => {
    const { client, network } = await fakeCluster([A]);
    await expect(client.touch('key', ttlSeconds as number)).rejects.toMatchObject({ code: 'SESS_BAD_VALUE' });
    await expect(client.touch('a b', 10)).rejects.toMatchObject({ code: 'SESS_BAD_KEY' });
    expect(network.at(A).userRequests).toEqual([]);
  });
});
