import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { historySeals } from '../src/membership/history-seal.ts';
import type { ClientOptions } from '../src/options.ts';
import { encodeRecord, RECORD_FLAGS } from '../src/record.ts';
import { A, B, C, fakeCluster, join, keyOf, type FakeCluster } from './fake-cluster.ts';
import { settled } from './fake-clock.ts';
import { allHeard } from './heard.ts';

const EVIL = 'attacker.example:11211';
const SECRET = 'the secret of the shop, which its servers have';
const NEW_SECRET = 'the secret of the shop after the next rotation';
const OTHER_SECRET = 'the secret of somebody else, who shares the nodes';
const ttlSeconds = 60;

interface View {
  readonly nodes: readonly string[];
  readonly confirmedAt?: number;
  readonly weight?: number;
}

/** A history as somebody writes it who knows how, and maybe a secret. */
function forged(views: readonly View[], now: number, secret?: string): Buffer {
  const entries = views.map(({ nodes, confirmedAt = now, weight = 1 }) => ({
    n: nodes.map((id) => [id, weight]),
    c: 'discovery',
    s: confirmedAt,
    t: confirmedAt,
  }));
  const json = Buffer.from(JSON.stringify({ ttl: ttlSeconds, whole: true, views: entries, drains: [] }));
  const [seal] = historySeals(secret === undefined ? [] : [secret]);
  return Buffer.concat([Buffer.from([0xe5, 0x48, 0x01, 0x00]), seal?.sign(json) ?? Buffer.alloc(32), json]);
}

function keyOfHistory(...secrets: readonly string[]): string {
  return historySeals(secrets)[0]?.key ?? '';
}

function plant({ network, clock }: FakeCluster, places: readonly string[], key: string, history: Buffer): void {
  const bytes = encodeRecord(history, BigInt(clock.now()) << 16n, 0);
  for (const place of places) network.at(place).store('set', key, bytes, { ttlSeconds: 0, flags: RECORD_FLAGS });
}

/** Another process over the same nodes, which has read the history. */
async function joined(
  cluster: FakeCluster,
  nodes: readonly string[],
  options: Partial<ClientOptions> = {},
): Promise<Client> {
  const { client } = await join(cluster, nodes, options);
  await cluster.clock.pass(0);
  return client;
}

function dialled({ network }: FakeCluster): readonly string[] {
  return [...new Set(network.opened.map(({ id }) => id))].toSorted();
}

async function valueOf(client: Client, key: string): Promise<string | undefined> {
  return (await client.get(key))?.value.toString();
}

describe('a history that nobody signed', () => {
  it('has no host dialled that discovery did not list, and its name is told', async () => {
    const heard = allHeard('sess:client:unlisted-nodes');
    const cluster = await fakeCluster([]);
    plant(cluster, [A, B], keyOfHistory(), forged([{ nodes: [EVIL] }, { nodes: [A, EVIL] }], cluster.clock.now()));
    const client = await joined(cluster, [A, B]);
    const key = keyOf(client, A);
    await client.set(key, 'a session', { ttlSeconds, expect: 'absent' });
    expect(await valueOf(client, key)).toBe('a session');
    await cluster.clock.pass(10_000);
    expect(await client.delete(key, { ttlSeconds })).toBe(true);
    expect(await valueOf(client, key)).toBeUndefined();
    expect(dialled(cluster)).toEqual([A, B]);
    expect(client.explain(key).elders).not.toContain(EVIL);
    expect(heard).toEqual([{ nodes: [EVIL] }]);
  });

  it('still leads to nodes that discovery listed to this very client before', async () => {
    const cluster = await fakeCluster([A, B], { historyIntervalMs: 1_000 });
    const key = keyOf(cluster.client, B);
    await cluster.client.set(key, 'on B', { ttlSeconds, expect: 'absent' });
    cluster.discovery.report(A);
    await settled();
    expect(await valueOf(cluster.client, key)).toBe('on B');
    await cluster.clock.pass(40_000);
    expect(await valueOf(cluster.client, key)).toBe('on B');
  });

  it('forgets a node that left when nothing is looked for there any more: later its name is anybody’s', async () => {
    const cluster = await fakeCluster([A, B], { historyIntervalMs: 1_000 });
    await cluster.client.set(keyOf(cluster.client, A), 'a session', { ttlSeconds, expect: 'absent' });
    cluster.discovery.report(A);
    await settled();
    await cluster.clock.pass(200_000);
    cluster.network.opened.splice(0);
    plant(cluster, [A], keyOfHistory(), forged([{ nodes: [A, B] }], cluster.clock.now()));
    await cluster.clock.pass(10_000);
    expect(dialled(cluster)).toEqual([]);
  });

  it('does not grow without end, however often it is written anew', async () => {
    const heard = allHeard('sess:client:history-refused');
    const cluster = await fakeCluster([A], {
      historyIntervalMs: 1_000,
      distribution: (nodes) => ketama(nodes.slice(0, 1) as typeof nodes),
    });
    for (let round = 0; round < 8; round += 1) {
      const views = Array.from({ length: 60 }, (_, at) => ({
        nodes: [A, ...Array.from({ length: 200 }, (__, node) => `10.${at}.${round}.${node}:11211`)],
      }));
      plant(cluster, [A], keyOfHistory(), forged(views, cluster.clock.now()));
      await cluster.clock.pass(1_000);
    }
    expect(heard.some(({ fault, detail }) => fault === 'content' && detail.includes('too many'))).toBe(true);
    expect(await valueOf(cluster.client, 'key')).toBeUndefined();
    expect(dialled(cluster)).toEqual([A]);
  });

  it('gives the event loop back between views that take long to place', async () => {
    let placed = 0;
    let most = 0;
    const distribution: ClientOptions['distribution'] = (nodes) => {
      placed += nodes.length;
      most = Math.max(most, placed);
      return ketama(nodes.slice(0, 1) as typeof nodes);
    };
    const cluster = await fakeCluster([]);
    const views = Array.from({ length: 20 }, (_, view) => ({
      nodes: [A, ...Array.from({ length: 100 }, (__, at) => `10.1.${view}.${at}:11211`)],
    }));
    plant(cluster, [A], keyOfHistory(), forged(views, cluster.clock.now()));
    const after = cluster.clock.after.bind(cluster.clock);
    cluster.clock.after = (ms, callback) => {
      if (ms === 0) placed = 0;
      return after(ms, callback);
    };
    const client = await joined(cluster, [A], {
      distribution: (nodes) => (nodes.length <= 2 ? ketama(nodes) : distribution(nodes)),
    });
    await client.ready();
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(257);
  });
});

describe('what can’t be a history', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each<[string, Buffer, string]>([
    ['a port that is none', forged([{ nodes: [A, 'evil.example:99999'] }], now), 'content'],
    ['a time in the year 10889', forged([{ nodes: [A], confirmedAt: 281_474_976_710_655 }], now), 'content'],
    ['a socket beside hosts, which no distribution places', forged([{ nodes: [A, '/run/evil.sock'] }], now), 'content'],
    [
      'more views than any has',
      forged(
        Array.from({ length: 65 }, (_, at) => ({ nodes: [`10.1.0.${at}:11211`] })),
        now,
      ),
      'content',
    ],
    ['more bytes than any has', Buffer.concat([forged([{ nodes: [A] }], now), Buffer.alloc(600_000, ' ')]), 'size'],
    ['anything else', Buffer.from('hello'), 'format'],
  ])('is refused, told and overwritten, and a process starts all the same: %s', async (_, history, fault) => {
    const heard = allHeard('sess:client:history-refused');
    const cluster = await fakeCluster([]);
    plant(cluster, [A, B], keyOfHistory(), history);
    const client = await joined(cluster, [A, B]);
    await client.set('key', 'a session', { ttlSeconds, expect: 'absent' });
    expect(await valueOf(client, 'key')).toBe('a session');
    expect(dialled(cluster)).toEqual([A, B]);
    expect(heard.map(({ node, fault: told }) => [node, told])).toEqual(
      expect.arrayContaining([
        [A, fault],
        [B, fault],
      ]),
    );
    heard.splice(0);
    await joined(cluster, [A, B]);
    expect(heard).toEqual([]);
  });
});

describe('a history that is signed', () => {
  it('has a fixed list roll without loss', async () => {
    const cluster = await fakeCluster([A, B], { historySecret: SECRET, historyIntervalMs: 1_000 });
    const key = keyOf(cluster.client, B);
    await cluster.client.set(key, 'on B', { ttlSeconds, expect: 'absent' });
    expect(await valueOf(await joined(cluster, [A, C], { historySecret: SECRET }), key)).toBe('on B');
  });

  it('does not where nobody signed: that is what a client without a secret gives up', async () => {
    const cluster = await fakeCluster([A, B], { historyIntervalMs: 1_000 });
    const key = keyOf(cluster.client, B);
    await cluster.client.set(key, 'on B', { ttlSeconds, expect: 'absent' });
    expect(await valueOf(await joined(cluster, [A, C]), key)).toBeUndefined();
  });

  it('is the only one that is looked at, whoever else writes to the nodes', async () => {
    const cluster = await fakeCluster([]);
    const now = cluster.clock.now();
    plant(cluster, [A, B], keyOfHistory(), forged([{ nodes: [A, EVIL] }], now));
    plant(cluster, [A, B], keyOfHistory(SECRET), forged([{ nodes: [A, EVIL] }], now, OTHER_SECRET));
    const heard = allHeard('sess:client:history-refused');
    const client = await joined(cluster, [A, B], { historySecret: SECRET });
    await client.set('key', 'a session', { ttlSeconds, expect: 'absent' });
    expect(await valueOf(client, 'key')).toBe('a session');
    expect(dialled(cluster)).toEqual([A, B]);
    expect(heard.map(({ fault }) => fault)).toContain('signature');
  });

  it('is believed about the nodes that it names', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, [A, B], keyOfHistory(SECRET), forged([{ nodes: [A, C] }], cluster.clock.now(), SECRET));
    await joined(cluster, [A, B], { historySecret: SECRET });
    expect(dialled(cluster)).toEqual([A, B, C]);
  });

  it('is understood by both sides while a secret is replaced, in one step or two', async () => {
    for (const [before, during] of [
      [[SECRET], [NEW_SECRET, SECRET]],
      [[SECRET, NEW_SECRET], [NEW_SECRET]],
      [[NEW_SECRET, SECRET], [NEW_SECRET]],
    ] as const) {
      const cluster = await fakeCluster([A, B], { historySecret: before, historyIntervalMs: 1_000 });
      const key = keyOf(cluster.client, B);
      await cluster.client.set(key, 'on B', { ttlSeconds, expect: 'absent' });
      const other = await joined(cluster, [A, C], { historySecret: during });
      expect(await valueOf(other, key)).toBe('on B');
      // And back: the old process learns of the view of the new one.
      await other.delete(key, { ttlSeconds });
      await cluster.clock.pass(3_000);
      expect(await valueOf(cluster.client, key)).toBeUndefined();
    }
  });

  it('is kept beside that of another application, which has another secret', async () => {
    const cluster = await fakeCluster([A, B], { historySecret: SECRET, historyIntervalMs: 1_000 });
    const key = keyOf(cluster.client, B);
    await cluster.client.set(key, 'on B', { ttlSeconds, expect: 'absent' });
    const heard = allHeard('sess:client:history-refused');
    await joined(cluster, [A, B], { historySecret: OTHER_SECRET });
    await joined(cluster, [A, B]);
    await cluster.clock.pass(20_000);
    expect(heard).toEqual([]);
    expect(await valueOf(await joined(cluster, [A, C], { historySecret: SECRET }), key)).toBe('on B');
  });
});

describe('a key of the client’s own', () => {
  it('is no caller’s: an application may take its keys from visitors', async () => {
    const { client } = await fakeCluster([A]);
    for (const key of [keyOfHistory(), keyOfHistory(SECRET), '@sess/refill', '@sess/']) {
      await expect(client.get(key)).rejects.toMatchObject({ code: 'SESS_BAD_KEY' });
      await expect(client.set(key, 'x', { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_BAD_KEY' });
      await expect(client.touch(key, 1)).rejects.toMatchObject({ code: 'SESS_BAD_KEY' });
      await expect(client.delete(key, { ttlSeconds })).rejects.toMatchObject({ code: 'SESS_BAD_KEY' });
      expect(() => client.explain(key)).toThrow('the client’s own'.replace('’', "'"));
    }
    await expect(client.get('@session')).resolves.toBeUndefined();
  });
});
