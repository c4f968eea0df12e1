import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster } from '../test/fake-cluster.ts';
import { settled } from '../test/fake-clock.ts';

const ttlSeconds = 60;

describe('ready', () => {
  it('resolves when one node answers, though others do not', async () => {
    const { client, network, discovery } = await fakeCluster([]);
    network.at(A).behaviour = 'refuses';
    const ready = client.ready();
    discovery.report(A, B);
    await expect(ready).resolves.toBeUndefined();
    await expect(client.ready()).resolves.toBeUndefined();
  });

  it('waits for a node that comes up a little later', async () => {
    const { client, network, discovery, clock } = await fakeCluster([]);
    network.at(A).behaviour = 'refuses';
    discovery.report(A);
    const ready = client.ready();
    await clock.pass(1_000);
    network.at(A).behaviour = 'answers';
    await clock.pass(1_000);
    await expect(ready).resolves.toBeUndefined();
  });

  it('rejects in its time with what was tried', async () => {
    const { client, network, discovery, clock } = await fakeCluster([]);
    network.at(A).behaviour = 'refuses';
    network.at(B).behaviour = 'hangs';
    discovery.report(A, B);
    const ready = client.ready().catch((error: unknown) => error);
    await clock.pass(3_000);
    const error = await ready;
    expect(error).toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true, cause: { code: 'SESS_CONNECTION' } });
    expect((error as Error).message).toMatch(
      /^None of 2 nodes answered within 3000 ms: 10\.0\.0\.1:11211 \(.*refused\), 10\.0\.0\.2:11211 \(.*\)\. Check that memcached runs there/,
    );
  });

  it('names a few of many nodes', async () => {
    const { client, network, discovery, clock } = await fakeCluster([], { readyTimeoutMs: 10 });
    const nodes = Array.from({ length: 40 }, (_, number) => `10.0.1.${number}:11211`);
    for (const node of nodes) network.at(node).behaviour = 'refuses';
    discovery.report(...nodes);
    const ready = client.ready().catch((error: unknown) => error);
    await clock.pass(10);
    expect(((await ready) as Error).message).toContain('and 35 more');
  });

  it('rejects in its time when discovery finds nothing, with the reason', async () => {
    const { client, discovery, clock } = await fakeCluster([]);
    const ready = expect(client.ready()).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: 'No topology from discovery within 3000 ms: its last attempt failed: no such host',
    });
    discovery.fail(new Error('no such host'));
    await clock.pass(3_000);
    await ready;
  });

  it('rejects at once when every node refuses the credentials', async () => {
    const { client, network, discovery } = await fakeCluster([]);
    network.at(A).behaviour = 'rejects';
    network.at(B).behaviour = 'rejects';
    const ready = client.ready();
    discovery.report(A, B);
    await expect(ready).rejects.toMatchObject({ code: 'SESS_AUTH', retryable: false });
  });

  it('can be given up, and asked again', async () => {
    const { client, discovery } = await fakeCluster([]);
    const controller = new AbortController();
    const ready = client.ready({ signal: controller.signal });
    controller.abort();
    await expect(ready).rejects.toMatchObject({ code: 'SESS_ABORTED' });
    discovery.report(A);
    await expect(client.ready()).resolves.toBeUndefined();
  });
});

describe('an operation before the first topology', () => {
  it('waits for it', async () => {
    const { client, discovery } = await fakeCluster([]);
    const answers = Promise.all([
      client.set('key', 'value', { ttlSeconds }),
      client.get('other'),
      client.touch('other', 1),
    ]);
    expect(client.topology.nodes).toEqual([]);
    expect(client.explain('key').owners).toEqual([]);
    discovery.report(A);
    await expect(answers).resolves.toMatchObject([{ ttlSeconds }, undefined, false]);
  });

  it('waits no longer than timeoutMs, and is no miss then', async () => {
    const { client, clock, discovery } = await fakeCluster([], { timeoutMs: 200 });
    const answer = expect(client.get('key')).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: expect.stringContaining('200 ms') as string,
    });
    discovery.fail(new Error('no such host'));
    await clock.pass(200);
    await answer;
  });

  it('can be given up', async () => {
    const { client, discovery, network } = await fakeCluster([]);
    const controller = new AbortController();
    const answer = client.get('key', { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: 'SESS_ABORTED' });
    await expect(client.get('key', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'SESS_ABORTED' });
    discovery.report(A);
    await settled();
    expect(network.at(A).userRequests).toEqual([]);
  });

  it('is refused when too many wait already', async () => {
    const { client, discovery, clock } = await fakeCluster([], { maxInFlight: 2 });
    const givenUp = Promise.allSettled([client.get('one'), client.get('two')]);
    await expect(client.get('three')).rejects.toMatchObject({ code: 'SESS_OVERLOADED', retryable: true });
    await clock.pass(500);
    await givenUp;
    const waiting = Promise.all([client.get('four'), client.get('five')]);
    discovery.report(A);
    await expect(waiting).resolves.toEqual([undefined, undefined]);
  });
});

describe('close', () => {
  it('lets what is under way finish, then leaves no timer, connection or watch', async () => {
    const { client, network, clock, discovery } = await fakeCluster([A, B]);
    const pending = Promise.all([
      client.get('key'),
      client.delete('key', { ttlSeconds }),
      client.set('other', 'value', { ttlSeconds }),
    ]);
    const closing = client.close();
    await expect(pending).resolves.toMatchObject([undefined, false, { ttlSeconds }]);
    await closing;
    expect(clock.timers).toBe(0);
    expect(network.at(A).connections + network.at(B).connections).toBe(0);
    expect(discovery.watches).toBe(0);
  });

  it('refuses new operations', async () => {
    const { client } = await fakeCluster([A]);
    const closing = client.close();
    for (const attempt of [
      client.get('key'),
      client.set('key', 'value', { ttlSeconds }),
      client.touch('key', 1),
      client.delete('key', { ttlSeconds }),
      client.ready(),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    }
    await closing;
  });

  it('does not wait for ever: what hangs fails in its own time', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    network.at(A).behaviour = 'hangs';
    const answer = expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT' });
    const closing = client.close();
    await clock.pass(500);
    await answer;
    await closing;
    expect(clock.timers).toBe(0);
  });

  it('ends operations that wait for a topology in their time, and what waits for readiness at once', async () => {
    const { client, clock } = await fakeCluster([]);
    const answer = expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    const ready = expect(client.ready()).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    const closing = client.close();
    await clock.pass(500);
    await Promise.all([answer, ready, closing]);
    expect(clock.timers).toBe(0);
  });

  it('does no harm twice, nor around destroy', async () => {
    const { client } = await fakeCluster([A]);
    await Promise.all([client.close(), client.close()]);
    client.destroy();
    client.destroy();
    await client.close();
  });

  it('is what `await using` does', async () => {
    const { client, clock } = await fakeCluster([A]);
    await client[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
    await expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_CLOSED' });
  });
});

describe('destroy', () => {
  it('rejects what is under way, and leaves nothing', async () => {
    const { client, network, clock, discovery } = await fakeCluster([A]);
    network.at(A).behaviour = 'hangs';
    const pending = [client.get('key'), client.delete('key', { ttlSeconds })].map((answer) =>
      expect(answer).rejects.toMatchObject({ code: 'SESS_CLOSED' }),
    );
    await settled();
    client.destroy();
    await Promise.all(pending);
    expect(clock.timers).toBe(0);
    expect(network.at(A).connections).toBe(0);
    expect(discovery.watches).toBe(0);
  });

  it('ends what waits for the topology', async () => {
    const { client, clock } = await fakeCluster([]);
    const answer = expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    const ready = expect(client.ready()).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    client.destroy();
    await Promise.all([answer, ready]);
    expect(clock.timers).toBe(0);
  });

  it('cuts a close short', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    network.at(A).behaviour = 'hangs';
    const answer = expect(client.touch('key', 1)).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    await settled();
    const closing = client.close();
    client.destroy();
    await answer;
    await closing;
    expect(clock.timers).toBe(0);
  });
});
