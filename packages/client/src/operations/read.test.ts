import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster, keyOf } from '../../test/fake-cluster.ts';
import { allHeard } from '../../test/heard.ts';
import { encodeRecord, RECORD_FLAGS } from '../record.ts';

describe('get', () => {
  it('answers with the record that was set', async () => {
    const { client } = await fakeCluster([A, B]);
    await client.set('key', 'value', { ttlSeconds: 60 });
    const record = await client.get('key');
    expect(record?.value.toString()).toBe('value');
    expect(record?.ttlSeconds).toBe(60);
  });

  it('answers with undefined where nothing is, in one request to the owner', async () => {
    const { client, network } = await fakeCluster([A, B]);
    await expect(client.get(keyOf(client, B))).resolves.toBeUndefined();
    expect(network.at(B).userRequests).toEqual(['get']);
    expect(network.at(A).userRequests).toEqual([]);
  });

  it('asks those that are owners now when the nodes changed while the one that was asked missed', async () => {
    const { client, network, discovery } = await fakeCluster([A]);
    const key = 'key-0';
    await client.set(key, 'value', { ttlSeconds: 60 });
    const item = network.at(A).get(key);
    if (item === undefined) throw new Error('it was not stored');
    network.at(A).delete(key);
    network.at(B).store('set', key, item.value, { flags: item.flags, ttlSeconds: 60 });
    network.at(A).beforeRequest = (request) => {
      if (request === 'get' && client.topology.nodes.length === 1) discovery.report(A, B);
    };
    expect((await client.get(key))?.value.toString()).toBe('value');
  });

  it('takes a tombstone for nothing', async () => {
    const { client } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds: 60 });
    await client.delete('key', { ttlSeconds: 60 });
    await expect(client.get('key')).resolves.toBeUndefined();
  });

  it('takes foreign bytes for nothing, and says so to whoever listens', async () => {
    const { client, network } = await fakeCluster([A]);
    const heard = allHeard('sess:client:foreign-item');
    network.at(A).store('set', 'text', Buffer.from('text of another program'), { flags: 0, ttlSeconds: 60 });
    network.at(A).store('set', 'flags', encodeRecord('value', 1n, 60), { flags: 0, ttlSeconds: 60 });
    await expect(client.get('text')).resolves.toBeUndefined();
    await expect(client.get('flags')).resolves.toBeUndefined();
    expect(heard).toEqual([
      { node: A, reason: 'mark' },
      { node: A, reason: 'flags' },
    ]);
  });

  it('reads what a client stored long ago', async () => {
    const { client, network } = await fakeCluster([A]);
    network.at(A).store('set', 'key', encodeRecord('old', 17n, 60), { flags: RECORD_FLAGS, ttlSeconds: 60 });
    await expect(client.get('key')).resolves.toMatchObject({ version: 17n });
  });

  it('rejects, and is no miss, when the owner does not answer', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    network.at(A).behaviour = 'hangs';
    const answer = expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT', node: A, retryable: true });
    await clock.pass(500);
    await answer;
  });

  it.each(['', 'a b', 'a\r\nb', 'ü', 'k'.repeat(251), undefined, 7])(
    'refuses the key %j before it asks anyone',
    async (key) => {
      const { client, network } = await fakeCluster([A]);
      await expect(client.get(key as string)).rejects.toMatchObject({ code: 'SESS_BAD_KEY' });
      expect(network.at(A).userRequests).toEqual([]);
    },
  );

  it('is given up when the signal of the caller fires', async () => {
    const { client, network } = await fakeCluster([A]);
    network.at(A).behaviour = 'hangs';
    const controller = new AbortController();
    const answer = client.get('key', { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: 'SESS_ABORTED', retryable: false });
    await expect(client.get('key', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'SESS_ABORTED' });
  });
});
