/** A node loses its memory after a write reached it, and before the write reached the next node. */
import { describe, expect, it } from 'vitest';

import type { CacheRecord, Client } from '../src/contract.ts';
import type { Transport } from '../src/transport/transport.ts';
import { settled } from './fake-clock.ts';
import { A, B, C, fakeCluster, join } from './fake-cluster.ts';
import type { FakeServer } from './fake-server.ts';
import { bound, HeldStores } from './held-stores.ts';

const ttlSeconds = 60;
const ROUND_MS = 1_500;
const FENCE = '@sess/fence';

async function until(isReached: () => unknown): Promise<void> {
  for (let turn = 0; !isReached() && turn < 200; turn += 1) await settled();
  expect(isReached()).toBeTruthy();
}

type Use = (other: Client) => Promise<unknown>;
const LOSSES = ['flush', 'restart'] as const;
const RESTORERS: readonly [string, Use][] = [
  ['a read', (other) => other.get('key')],
  ['a touch', (other) => other.touch('key', ttlSeconds)],
];

describe.each(LOSSES)('after a %s of the first node, the older copy that is restored there', (loss) => {
  describe.each(RESTORERS)('by %s', (_, restore) => {
    it.each<[string, (writer: Client, base: CacheRecord) => Promise<unknown>, string | undefined]>([
      ['a change', (writer, base) => writer.set('key', 'mine', { ttlSeconds, expect: base }), 'mine'],
      ['a change, whatever was there', (writer) => writer.set('key', 'mine', { ttlSeconds }), 'mine'],
      ['a deletion', (writer) => writer.delete('key', { ttlSeconds }), undefined],
    ])('does not replace %s', async (_what, begin, expected) => {
      const cluster = await fakeCluster([A, B], { copies: 2, historyIntervalMs: 1_000 });
      const { network, clock, client: other } = cluster;
      const stores = new HeldStores(network);
      const { client: writer } = await join(cluster, [A, B], { copies: 2, transport: stores.transport });
      await clock.pass(10_000);
      const base = await writer.set('key', 'base', { ttlSeconds, expect: 'absent' });
      const [first, second] = writer.explain('key').owners.map((id) => network.at(id)) as [FakeServer, FakeServer];
      const onFirst = (): string | undefined => first.get('key')?.value.toString('latin1', 16);

      stores.held = second.id;
      const change = begin(writer, base);
      await until(() => stores.isReached);
      expect(onFirst()).not.toBe('base');
      first[loss]();
      for (let round = 0; round < 20 && onFirst() === undefined; round += 1) {
        if (round > 0) await clock.pass(ROUND_MS);
        await restore(other).catch(() => undefined);
      }
      expect(onFirst()).toBe('base');
      stores.release();
      await clock.pass(ROUND_MS);
      await change;
      expect(onFirst()).not.toBe('base');
      for (const client of [other, writer]) expect((await client.get('key'))?.value.toString()).toBe(expected);
    });
  });
});

describe('a node that lost its memory', () => {
  it('gets a fence only after the others have a new one', async () => {
    const cluster = await fakeCluster([], { copies: 2 });
    const { network, clock } = cluster;
    const { client } = await join(cluster, [A, B], { copies: 2, transport: slowTo(B, network) });
    await clock.pass(10_000);
    await client.set('key', 'value', { ttlSeconds });
    const before = network.at(B).get(FENCE)?.value;
    expect(before).toBeDefined();
    network.at(A).flush();
    const atReturn = fenceAtReturn(network.at(A), network.at(B));
    for (let round = 0; round < 40 && atReturn.length === 0; round += 1) await clock.pass(500);
    expect(atReturn.length).toBeGreaterThan(0);
    expect(atReturn[0]).not.toEqual(before);
  });

  it.each(Array.from({ length: 24 }, (_, number) => number + 1))(
    'gets none before that from a client that is confirming its view, at request %i',
    async (request) => {
      const cluster = await fakeCluster([], { copies: 2 });
      const { network, clock } = cluster;
      const { client } = await join(cluster, [A, B], { copies: 2 });
      await clock.pass(10_000);
      await client.set('key', 'value', { ttlSeconds });
      // In agreement, and with this chance, the client reads and confirms on B.
      const [lost, other] = [network.at(B), network.at(A)];
      const before = other.get(FENCE)?.value;
      expect(before).toBeDefined();
      const atReturn: (Buffer | undefined)[] = [];
      let requests = 0;
      lost.beforeRequest = () => {
        requests += 1;
        if (requests !== request) return;
        lost.flush();
        fenceAtReturn(lost, other, atReturn);
      };
      for (let round = 0; round < 80 && atReturn.length === 0; round += 1) await clock.pass(200);
      expect(atReturn.length).toBeGreaterThan(0);
      expect(atReturn[0]).not.toEqual(before);
    },
  );

  it.each(Array.from({ length: 24 }, (_, number) => number + 1))(
    'gets none before that if it lost it while another loss is dealt with, at request %i',
    async (request) => {
      const cluster = await fakeCluster([], { copies: 2 });
      const { network, clock } = cluster;
      // The others have a new fence before this node is asked for its own.
      const { client } = await join(cluster, [A, B, C], { copies: 2, transport: slowTo(B, network) });
      await clock.pass(10_000);
      await client.set('key', 'value', { ttlSeconds });
      const [second, other] = [network.at(B), network.at(C)];
      network.at(A).flush();
      const atReturn: (Buffer | undefined)[] = [];
      let before: Buffer | undefined;
      let requests = 0;
      second.beforeRequest = () => {
        requests += 1;
        if (requests !== request) return;
        second.flush();
        before = other.get(FENCE)?.value;
        fenceAtReturn(second, other, atReturn);
      };
      for (let round = 0; round < 200 && atReturn.length === 0; round += 1) await clock.pass(200);
      expect(before).toBeDefined();
      expect(atReturn.length).toBeGreaterThan(0);
      expect(atReturn[0]).not.toEqual(before);
    },
  );
});

/** The fence of the other node whenever this one is asked and has a fence. */
function fenceAtReturn(lost: FakeServer, other: FakeServer, seen: (Buffer | undefined)[] = []): (Buffer | undefined)[] {
  lost.beforeRequest = () => {
    if (lost.get(FENCE) !== undefined) seen.push(other.get(FENCE)?.value);
  };
  return seen;
}

/** A transport whose requests take long to reach one node. */
function slowTo(id: string, network: Transport): Transport {
  return {
    name: `slow to ${id}`,
    open: (node, ...rest) => {
      const inner = network.open(node, ...rest);
      const slowly = async <T>(ask: () => Promise<T>): Promise<T> => {
        for (let turn = 0; node.id === id && turn < 10; turn += 1) await settled();
        return ask();
      };
      return {
        ...bound(inner),
        get: (...asked) => slowly(() => inner.get(...asked)),
        store: (...asked) => slowly(() => inner.store(...asked)),
      };
    },
  };
}
