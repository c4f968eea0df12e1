/** A process stops in the middle of a write, for longer than the tombstone lives that was written meanwhile. */
import { expect, it } from 'vitest';

import type { Transport } from '../src/transport/transport.ts';
import { settled } from './fake-clock.ts';
import { A, B, fakeCluster, join, keyOf } from './fake-cluster.ts';
import { bound, HeldStores } from './held-stores.ts';

const ttlSeconds = 10;
const PACE = { historyIntervalMs: 1_000, handover: { clockSkewMs: 0 } };

async function until(isReached: () => boolean): Promise<void> {
  for (let turn = 0; !isReached() && turn < 200; turn += 1) await settled();
  expect(isReached()).toBe(true);
}

it('does not store the rest of its copies', async () => {
  const cluster = await fakeCluster([], { copies: 2 });
  const { network, clock } = cluster;
  const stores = new HeldStores(network);
  const { client: other } = await join(cluster, [A, B], { ...PACE, copies: 2 });
  const { client: writer } = await join(cluster, [A, B], { ...PACE, copies: 2, transport: stores.transport });
  await clock.pass(10_000);
  const base = await writer.set('key', 'base', { ttlSeconds, expect: 'absent' });
  stores.held = writer.explain('key').owners[1];
  const change = expect(writer.set('key', 'changed', { ttlSeconds, expect: base })).rejects.toMatchObject({
    code: 'SESS_CONFLICT',
  });
  await until(() => stores.isReached);
  expect(await other.delete('key', { ttlSeconds })).toBe(true);
  await clock.pass((ttlSeconds + 2) * 1000);
  stores.release();
  await clock.pass(1_000);
  await change;
  for (const id of [A, B]) expect(network.at(id).get('key')).toBeUndefined();
  for (const client of [writer, other]) expect(await client.get('key')).toBeUndefined();
});

it('does not migrate what it had read', async () => {
  const cluster = await fakeCluster([]);
  const { network, clock } = cluster;
  const fences = new HeldFences(network);
  const one = await join(cluster, [A], PACE);
  const other = await join(cluster, [A], { ...PACE, transport: fences.transport });
  await clock.pass(10_000);
  const keys = Array.from({ length: 20 }, (_, number) => `key-${number}`);
  for (const key of keys) await one.client.set(key, 'value', { ttlSeconds, expect: 'absent' });
  for (const { discovery } of [one, other]) discovery.report(A, B);
  const both = [one.client, other.client];
  await clock.passUntil(() => both.every((client) => client.topology.states.has(B)));
  const key = keyOf(one.client, B);
  await clock.passUntil(() => both.every((client) => client.explain(key).mode === 'handover'));
  expect(one.client.explain(key)).toMatchObject({ owners: [B], elders: [A], mode: 'handover' });
  fences.held = B;
  const read = other.client.get(key).catch(() => undefined);
  await until(() => fences.isReached);
  expect(await one.client.delete(key, { ttlSeconds: 2 })).toBe(true);
  await clock.pass(30_000);
  expect(network.at(B).get(key)).toBeUndefined();
  fences.release();
  await clock.pass(1_000);
  expect(await read).toBeUndefined();
  expect(network.at(B).get(key)).toBeUndefined();
  expect(await one.client.get(key)).toBeUndefined();
});

/** A transport that holds back the fence reads of one node. */
class HeldFences {
  readonly transport: Transport;
  held: string | undefined;
  isReached = false;
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => (this.release = resolve));

  constructor(inner: Transport) {
    this.transport = {
      name: inner.name,
      open: (node, ...rest) => {
        const opened = inner.open(node, ...rest);
        const get: typeof opened.get = async (key, ...asked) => {
          const found = await opened.get(key, ...asked);
          if (node.id === this.held && key.startsWith('@sess/fence')) {
            this.isReached = true;
            await this.#released;
          }
          return found;
        };
        return { ...bound(opened), get };
      },
    };
  }
}
