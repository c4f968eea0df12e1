import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import { FakeNetwork } from '../../test/fake-transport.ts';
import { decode, encodeRecord, encodeTombstone, RECORD_FLAGS, TOMBSTONE_FLAGS } from '../record.ts';
import type { NodeTransport } from '../transport/transport.ts';
import { VersionSource } from '../version.ts';
import type { Cluster, ClusterNode } from '../cluster.ts';
import { Lease } from './lease.ts';

const KEY = '@sess/work';
const NODES = ['10.0.0.1:11211', '10.0.0.2:11211'];
const TRANSPORT = { timeoutMs: 100 } as Parameters<FakeNetwork['open']>[1];

let clock: FakeClock;
let network: FakeNetwork;
let members = 0;
beforeEach(() => {
  clock = new FakeClock();
  network = new FakeNetwork(clock);
});

/** The part of a client that a lease needs, with its own connections. */
function member(): Cluster {
  const nodes = new Map(NODES.map((id) => [id, nodeOf(id)]));
  return {
    clock,
    versions: new VersionSource(clock, () => (members += 1) / 100),
    node: (id: string) => nodes.get(id),
  } as unknown as Cluster;
}

function nodeOf(id: string): Pick<ClusterNode, 'id' | 'getEntry' | 'store' | 'touch'> {
  const transport: NodeTransport = network.open({ id, host: id, port: 0 }, TRANSPORT, {
    connected: () => undefined,
    disconnected: () => undefined,
  });
  return {
    id,
    getEntry: async (key) => {
      const item = await transport.get(key);
      return item && decode(item, { id });
    },
    store: (...request) => transport.store(...request),
    touch: (...request) => transport.touch(...request),
  };
}

function lease(nodes: readonly string[] = NODES): Lease {
  return new Lease(member(), KEY, nodes, new AbortController().signal);
}

describe('a lease', () => {
  it('is one client’s at a time', async () => {
    await expect(lease().take(0)).resolves.toBe('taken');
    await expect(lease().take(0)).resolves.toBe('held');
  });

  it('is taken by one of those that find it free at the same moment', async () => {
    const outcomes = await Promise.all([lease().take(0), lease().take(0), lease().take(0)]);
    expect(outcomes.toSorted()).toEqual(['held', 'held', 'taken']);
  });

  it('lasts while it is renewed, and goes to another 15 s after the last sign of life', async () => {
    const own = lease();
    await own.take(0);
    await clock.pass(10_000);
    await own.renew();
    await clock.pass(10_000);
    await expect(lease().take(0)).resolves.toBe('held');
    await clock.pass(5_001);
    await expect(own.renew()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    await expect(lease().take(0)).resolves.toBe('taken');
  });

  it('that is released goes to another at once; only its own is', async () => {
    const [own, other] = [lease(), lease()];
    await own.take(0);
    await other.release();
    await expect(other.take(0)).resolves.toBe('held');
    await own.release();
    await expect(other.take(1)).resolves.toBe('taken');
    await own.release();
    await expect(own.take(1)).resolves.toBe('held');
  });

  it('ends with the word that it is done, for whoever asks of nothing later', async () => {
    const own = lease();
    await own.take(clock.now());
    await own.done(clock.now(), 60);
    await expect(lease().take(clock.now())).resolves.toBe('done');
    await expect(lease().take(clock.now() + 1)).resolves.toBe('taken');
    await expect(lease().take(clock.now() + 1)).resolves.toBe('held');
  });

  it('is known to be done as long as one node knows', async () => {
    const own = lease();
    await own.take(0);
    await own.done(clock.now(), 60);
    network.at(NODES[0] ?? '').restart();
    await expect(lease(NODES.toReversed()).take(0)).resolves.toBe('done');
    await expect(lease().take(0)).resolves.toBe('done');
    await clock.pass(60_001);
    await expect(lease().take(0)).resolves.toBe('taken');
  });

  it.each<[string, (key: string) => void]>([
    [
      'something that is no record',
      (at) => void network.at(at).store('set', KEY, Buffer.from('held'), { ttlSeconds: 0, flags: 0 }),
    ],
    ['a lease that would never end', (at) => plant(at, 'held by me', 0, 0)],
    ['a lease that would last for a day', (at) => plant(at, 'held by me', 86_400, 86_400)],
    ['the word that it is done in a far future', (at) => plant(at, String(clock.now() + 86_400_001), 0, 0)],
    ['the word that it is done at no time', (at) => plant(at, '9e99', 0, 0)],
    ['another word that lasts as long as a lease', (at) => plant(at, 'mine', 10, 10)],
    ...[10, 60].map((ttlSeconds): [string, (key: string) => void] => [
      `a tombstone of ${ttlSeconds} s`,
      (at) =>
        void network.at(at).store('set', KEY, encodeTombstone(1n, ttlSeconds, clock.now() + ttlSeconds * 1_000), {
          ttlSeconds,
          flags: TOMBSTONE_FLAGS,
        }),
    ]),
  ])('is not kept from anybody by %s, which somebody wrote', async (_, write) => {
    for (const node of NODES) write(node);
    const own = lease();
    await expect(own.take(clock.now())).resolves.toBe('taken');
    await own.done(clock.now(), 60);
    await expect(lease().take(clock.now())).resolves.toBe('done');
  });

  it('is not to be had while a node does not answer: it may know that it is done', async () => {
    network.at(NODES[1] ?? '').behaviour = 'refuses';
    await expect(lease().take(0)).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
  });
});

/** `granted`: the time to live in the record. */
function plant(node: string, word: string, granted: number, ttlSeconds: number): void {
  network.at(node).store('set', KEY, encodeRecord(word, 1n, granted), { ttlSeconds, flags: RECORD_FLAGS });
}
