import { describe, expect, it } from 'vitest';

import { A, B, C, fakeCluster, keyOf } from './fake-cluster.ts';
import { settled } from './fake-clock.ts';
import { heard } from './heard.ts';

const ttlSeconds = 60;

describe('a node whose connection was lost for a moment', () => {
  it('is asked only once the history was read again: others may have been refused meanwhile, and have written elsewhere', async () => {
    const { client, network } = await fakeCluster([A, B]);
    const key = keyOf(client, A);
    await client.set(key, 'value', { ttlSeconds });
    network.at(B).requests.length = 0;
    network.at(A).drop();
    expect((await client.get(key))?.value.toString()).toBe('value');
    expect(network.at(B).requests).toContain('history');
  });

  it('that lost its memory is rereplicated to, though nobody saw it down', async () => {
    const { network } = await fakeCluster([A, B, C], { copies: 2 });
    const begun = heard('sess:client:rereplication', ({ node }) => node === B);
    network.at(B).delete('@sess/history');
    network.at(B).drop();
    await settled();
    // Servers in memory list no keys: that it is tried is what shows.
    await expect(begun).resolves.toMatchObject({ node: B });
  });
});

describe('with two copies, and a node that is dead and listed', () => {
  it('a new session is written: the other copies tell that nothing is there', async () => {
    const { client, network, clock } = await fakeCluster([A, B, C], { copies: 2 });
    const key = keyOf(client, A);
    network.at(A).behaviour = 'refuses';
    network.at(A).drop();
    await clock.pass(1_000);
    expect(client.explain(key)).toMatchObject({ elders: [A] });
    await expect(client.set(key, 'new', { ttlSeconds, expect: 'absent' })).resolves.toBeDefined();
  });

  it('a change is kept, and a session that was there before is not called new', async () => {
    const { client, network, clock } = await fakeCluster([A, B, C], { copies: 2 });
    const key = keyOf(client, A);
    await client.set(key, 'old', { ttlSeconds, expect: 'absent' });
    network.at(A).behaviour = 'refuses';
    network.at(A).drop();
    await clock.pass(1_000);
    await expect(client.set(key, 'new', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    const record = await client.get(key);
    await client.set(key, 'changed', { ttlSeconds, expect: record });
    expect((await client.get(key))?.value.toString()).toBe('changed');
  });
});

describe('a node that is another machine now, under the same name', () => {
  it('is doubted like one that recovered: who does not know yet acts without it', async () => {
    const { client, network, discovery } = await fakeCluster([A, B, C], { copies: 2 });
    const key = keyOf(client, A);
    expect(client.explain(key).mode).toBe('settled');
    network.at(A).behaviour = 'refuses';
    discovery.report(`${A}|10.9.9.9`, B, C);
    await settled();
    expect(client.explain(key)).toMatchObject({ owners: expect.arrayContaining([A]), mode: 'overlap' });
  });
});

describe('a listed node that has not answered since the client started, while no other knows what came before', () => {
  it('may hold any session: none is called missing, and the error says what to do', async () => {
    const { client, network, discovery, clock } = await fakeCluster([]);
    network.at(B).behaviour = 'refuses';
    discovery.report(A, B);
    await clock.pass(1_000);
    const key = keyOf(client, A);
    const said = { code: 'SESS_UNAVAILABLE', message: expect.stringContaining(`${B} has not answered`) };
    await expect(client.get(key)).rejects.toMatchObject(said);
    await expect(client.touch(key, ttlSeconds)).rejects.toMatchObject(said);
    // What it writes, it finds.
    await client.set(key, 'value', { ttlSeconds, expect: 'absent' });
    expect((await client.get(key))?.value.toString()).toBe('value');
  });
});
