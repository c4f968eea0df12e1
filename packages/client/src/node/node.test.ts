import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster, keyOf, type FakeCluster } from '../../test/fake-cluster.ts';
import type { NodeHealth } from '../contract.ts';

const ttlSeconds = 60;

function healthOf({ client }: FakeCluster, node = A): NodeHealth | undefined {
  return client.topology.states.get(node);
}

function probes({ network }: FakeCluster, node = A): number {
  return network.at(node).requests.filter((request) => request === 'probe').length;
}

describe('the health of a node', () => {
  it('is up once a probe answered, without any request', async () => {
    const cluster = await fakeCluster([A]);
    expect(healthOf(cluster)).toBe('up');
    expect(cluster.network.at(A).requests[0]).toBe('probe');
    expect(cluster.network.at(A).userRequests).toEqual([]);
  });

  it('is unknown while the first probe is under way', async () => {
    const cluster = await fakeCluster([]);
    cluster.network.at(A).behaviour = 'hangs';
    cluster.discovery.report(A);
    expect(healthOf(cluster)).toBe('unknown');
  });

  it('is asked for about once a second while nothing else is heard', async () => {
    const cluster = await fakeCluster([A]);
    await cluster.clock.pass(10_000);
    // One at the start, and none in the second in which the history was read.
    expect(probes(cluster)).toBe(10);
  });

  it('is not asked for while requests are answered', async () => {
    const cluster = await fakeCluster([A]);
    for (let time = 0; time < 20; time += 1) {
      await cluster.client.get('key');
      await cluster.clock.pass(500);
    }
    expect(probes(cluster)).toBe(1);
  });
});

describe('a server that ends idle connections', () => {
  it('is no outage: the connection is made anew, and no request fails', async () => {
    const cluster = await fakeCluster([A]);
    for (let time = 0; time < 10; time += 1) {
      cluster.network.at(A).drop();
      await cluster.clock.pass(5);
      expect(healthOf(cluster)).toBe('up');
      expect(cluster.network.at(A).connections).toBe(1);
      await expect(cluster.client.get('key')).resolves.toBeUndefined();
    }
  });

  it('does not fail a request that comes before the new connection stands', async () => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).drop();
    await expect(cluster.client.get('key')).resolves.toBeUndefined();
  });
});

describe('a node that crashed', () => {
  it('is down within one look, without any request', async () => {
    const cluster = await fakeCluster([A, B]);
    cluster.network.at(A).behaviour = 'refuses';
    cluster.network.at(A).restart();
    await cluster.clock.pass(1);
    expect(healthOf(cluster)).toBe('down');
    expect(healthOf(cluster, B)).toBe('up');
  });

  it('is refused at once: the error names the node, the reason, since when, and the next probe', async () => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).behaviour = 'refuses';
    cluster.network.at(A).drop();
    await cluster.clock.pass(40);
    const error = await cluster.client.get('key').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'SESS_UNAVAILABLE',
      node: A,
      retryable: true,
      cause: { code: 'SESS_CONNECTION' },
    });
    expect((error as Error).message).toMatch(
      /^Node 10\.0\.0\.1:11211 is out of reach since 2026-01-01T00:00:00\.\d{3}Z \(0\.0 s\): .*connection refused\. Next probe in \d+ ms\.$/,
    );
    for (const attempt of [
      cluster.client.set('key', 'value', { ttlSeconds }),
      cluster.client.touch('key', ttlSeconds),
      cluster.client.delete('key', { ttlSeconds }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    }
    expect(cluster.network.at(A).userRequests).toEqual([]);
  });

  it('does not disturb the keys of other nodes', async () => {
    const { client, network, clock } = await fakeCluster([A, B]);
    const [ofA, ofB] = [keyOf(client, A), keyOf(client, B)];
    network.at(A).behaviour = 'refuses';
    network.at(A).drop();
    await clock.pass(1);
    await expect(client.get(ofB)).resolves.toBeUndefined();
    await expect(client.get(ofA)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
  });

  it('is probed in growing pauses, up to the longest', async () => {
    const cluster = await fakeCluster([], { maxProbePauseMs: 1_000 });
    const attempts: number[] = [];
    cluster.network.at(A).behaviour = 'refuses';
    cluster.discovery.report(A);
    const due = (): number => Number(/Next probe in (\d+) ms/.exec(message)?.[1]);
    let message = '';
    await cluster.clock.pass(0);
    for (let probe = 0; probe < 6; probe += 1) {
      message = await cluster.client.get('key').then(String, (error: Error) => error.message);
      attempts.push(due());
      await cluster.clock.pass(due());
    }
    expect(attempts).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('comes back by itself after two answered probes, without traffic', async () => {
    const cluster = await fakeCluster([A, B]);
    const key = keyOf(cluster.client, A);
    for (const node of [A, B]) {
      cluster.network.at(node).behaviour = 'refuses';
      cluster.network.at(node).drop();
    }
    await cluster.clock.pass(60_000);
    expect([healthOf(cluster), healthOf(cluster, B)]).toEqual(['down', 'down']);
    cluster.network.at(A).behaviour = 'answers';
    const before = probes(cluster);
    await cluster.clock.passUntil(() => healthOf(cluster) === 'up', 5_200);
    expect(probes(cluster) - before).toBe(2);
    expect(healthOf(cluster, B)).toBe('down');
    await expect(cluster.client.get(key)).resolves.toBeUndefined();
  });
});

describe('a node that hangs', () => {
  it('fails requests in their time, then is down after three in a row, and refused at once', async () => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).behaviour = 'hangs';
    for (let time = 0; time < 3; time += 1) {
      expect(healthOf(cluster)).toBe('up');
      const answer = expect(cluster.client.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT' });
      await cluster.clock.pass(500);
      await answer;
    }
    expect(healthOf(cluster)).toBe('down');
    await expect(cluster.client.get('key')).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      cause: { code: 'SESS_TIMEOUT' },
    });
  });

  it('is found out by probes alone', async () => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).behaviour = 'hangs';
    // The history was read in the first second, so the first probe is sent after two.
    await cluster.clock.passUntil(() => healthOf(cluster) === 'down', 4_000);
  });

  it('is not down for one hiccup under many requests', async () => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).behaviour = 'hangs';
    const answers = Promise.allSettled(Array.from({ length: 100 }, () => cluster.client.get('key')));
    await cluster.clock.pass(500);
    cluster.network.at(A).behaviour = 'answers';
    expect((await answers).every(({ status }) => status === 'rejected')).toBe(true);
    expect(healthOf(cluster)).toBe('up');
    await expect(cluster.client.get('key')).resolves.toBeUndefined();
  });
});

describe('a node without memory', () => {
  it('refuses every write by that name, answers reads, and is not ejected', async () => {
    const cluster = await fakeCluster([A]);
    await cluster.client.set('key', 'value', { ttlSeconds });
    cluster.network.at(A).behaviour = 'full';
    for (let time = 0; time < 10; time += 1) {
      await expect(cluster.client.set('other', 'value', { ttlSeconds })).rejects.toMatchObject({
        code: 'SESS_OUT_OF_MEMORY',
        node: A,
      });
      await expect(cluster.client.get('key')).resolves.toMatchObject({ value: Buffer.from('value') });
      await cluster.clock.pass(60);
    }
    expect(healthOf(cluster)).toBe('up');
  });

  it.each([
    ['set', (cluster: FakeCluster) => cluster.client.set('key', 'new', { ttlSeconds })],
    ['delete', (cluster: FakeCluster) => cluster.client.delete('key', { ttlSeconds })],
  ] as const)('is named by a %s on two copies as well', async (_, change) => {
    const cluster = await fakeCluster([A, B], { copies: 2 });
    await cluster.client.set('key', 'value', { ttlSeconds });
    cluster.network.at(B).behaviour = 'full';
    await expect(change(cluster)).rejects.toMatchObject({ code: 'SESS_OUT_OF_MEMORY', node: B });
  });
});

describe('a node that answers with errors', () => {
  it.each([
    ['refuses-stores', 'SESS_SERVER'],
    ['garbles', 'SESS_PROTOCOL'],
  ] as const)('goes down after three in a row, and is tried again soon: %s', async (behaviour, code) => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).behaviour = behaviour;
    for (let time = 0; time < 3; time += 1) {
      await expect(cluster.client.set('key', 'value', { ttlSeconds })).rejects.toMatchObject({ code });
      await cluster.clock.pass(60);
    }
    await expect(cluster.client.get('key')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', cause: { code } });
    await cluster.clock.passUntil(() => healthOf(cluster) === 'up', 1_000);
  });
});

describe('a node that refuses the credentials', () => {
  it('says so each time, and is asked again only in the longest pause', async () => {
    const cluster = await fakeCluster([], { maxProbePauseMs: 5_000 });
    const server = cluster.network.at(A);
    server.behaviour = 'rejects';
    cluster.discovery.report(A);
    await cluster.clock.pass(0);
    const error = await cluster.client.get('key').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SESS_AUTH', node: A, retryable: false, cause: { code: 'SESS_AUTH' } });
    expect((error as Error).message).toContain('Next probe in 5000 ms');
    server.behaviour = 'answers';
    await cluster.clock.pass(4_999);
    expect(server.requests).toEqual([]);
    await cluster.clock.passUntil(() => healthOf(cluster) === 'up', 1_000);
  });
});

describe('discovery', () => {
  it('is asked to look again at once when a node fails, at most once a second', async () => {
    const cluster = await fakeCluster([A]);
    expect(cluster.discovery.refreshes).toBe(0);
    cluster.network.at(A).behaviour = 'refuses';
    cluster.network.at(A).drop();
    await cluster.clock.pass(1);
    expect(cluster.discovery.refreshes).toBe(1);
    await cluster.clock.pass(998);
    expect(cluster.discovery.refreshes).toBe(1);
    await cluster.clock.pass(9_000);
    expect(cluster.discovery.refreshes).toBeGreaterThan(2);
    expect(cluster.discovery.refreshes).toBeLessThan(10);
  });

  it('is asked after one request without an answer, though the node stays up', async () => {
    const cluster = await fakeCluster([A]);
    cluster.network.at(A).behaviour = 'hangs';
    const answer = cluster.client.get('key').catch(() => undefined);
    await cluster.clock.pass(500);
    await answer;
    expect(healthOf(cluster)).toBe('up');
    expect(cluster.discovery.refreshes).toBe(1);
  });

  it('is left alone for what says nothing about a node', async () => {
    const cluster = await fakeCluster([A]);
    await cluster.client.get('key', { signal: AbortSignal.abort() }).catch(() => undefined);
    await cluster.client.set('key', 'v', { ttlSeconds, expect: 'absent' });
    await cluster.client.set('key', 'v', { ttlSeconds, expect: 'absent' }).catch(() => undefined);
    expect(cluster.discovery.refreshes).toBe(0);
  });
});
