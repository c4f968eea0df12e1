/**
 * A machine that was suspended: its wall clock is right, its monotonic clock stood still, and until the client adopts
 * the difference, it counts time from where it stopped.
 */
import { describe, expect, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { A, B, C, fakeCluster, keyOf, type FakeCluster } from './fake-cluster.ts';
import { FakeClock, settled } from './fake-clock.ts';
import { FakeDiscovery } from './fake-discovery.ts';
import { heard } from './heard.ts';

const historyIntervalMs = 1_000;
const clockSkewMs = 500;
/** From the last confirmation of a view until all clients act on another; a lasting jump is adopted after it. */
const AGREEMENT_MS = 3 * historyIntervalMs + clockSkewMs;
const ttlSeconds = 60;
const ASLEEP_MS = 20_000;
const DAY_MS = 86_400_000;
const OPTIONS = {
  historyIntervalMs,
  historySecret: 'a secret of thirty-two characters',
  handover: { clockSkewMs, finish: false },
} as const satisfies Partial<ClientOptions>;

/** The machine sleeps: only the wall clock goes on. */
function sleep(clock: FakeClock, ms: number): void {
  clock.setWallClock(clock.now() + ms);
}

async function passSeconds(clock: FakeClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await clock.pass(1_000);
}

/** Another process of the same application. */
async function another({ network }: FakeCluster, clock: FakeClock, nodes: readonly string[]): Promise<Client> {
  const discovery = new FakeDiscovery();
  const client = createClient({ discovery, transport: network, clock, random: () => 0.5, ...OPTIONS });
  onTestFinished(() => client.destroy());
  discovery.report(...nodes);
  await settled();
  return client;
}

/** A client that left C right after its machine was resumed, when C had just got a session that nobody reads. */
async function leftAfterSleep(): Promise<FakeCluster & { readonly key: string }> {
  const cluster = await fakeCluster([A, B, C], OPTIONS);
  const { client, clock, discovery } = cluster;
  await passSeconds(clock, 5);
  sleep(clock, ASLEEP_MS);
  const key = keyOf(client, C);
  await client.set(key, 'login', { ttlSeconds });
  discovery.report(A, B);
  await settled();
  return { ...cluster, key };
}

describe('a view that is left after the machine was suspended', () => {
  it('stays open for as long as its sessions live, also when the client adopts the time', async () => {
    const { client, clock, key } = await leftAfterSleep();
    await passSeconds(clock, ttlSeconds - 2);
    expect((await client.get(key))?.value.toString()).toBe('login');
  });

  it('is agreed on no sooner when the client adopts the time', async () => {
    const { client, clock, key, discovery } = await leftAfterSleep();
    await clock.pass(AGREEMENT_MS);
    discovery.report(A);
    await clock.pass(historyIntervalMs);
    const [{ agreedAt } = { agreedAt: 0 }] = client.handovers.filter(({ nodes }) => nodes.length === 2);
    expect(agreedAt).toBeGreaterThan(clock.now());
    expect(client.explain(key).mode).toBe('overlap');
  });

  it('stays open in a process that starts after this one ended', async () => {
    const cluster = await leftAfterSleep();
    await cluster.clock.pass(historyIntervalMs);
    cluster.client.destroy();
    const later = await another(cluster, cluster.clock, [A, B]);
    await passSeconds(cluster.clock, ttlSeconds - 4);
    expect((await later.get(cluster.key))?.value.toString()).toBe('login');
  });

  it('is closed when its sessions are over', async () => {
    const { client, clock } = await leftAfterSleep();
    await clock.pass(ttlSeconds * 1_000 + AGREEMENT_MS + 2 * historyIntervalMs);
    expect(client.handovers).toEqual([]);
  });
});

it('holds no window open for longer, and no agreement, because the wall clock was ahead for a moment', async () => {
  const { client, clock, discovery } = await fakeCluster([A, B, C], OPTIONS);
  await passSeconds(clock, 5);
  await client.set(keyOf(client, C), 'login', { ttlSeconds });
  sleep(clock, DAY_MS / 24);
  discovery.report(A, B);
  await settled();
  clock.setWallClock(clock.now() - DAY_MS / 24);
  await clock.pass(AGREEMENT_MS + historyIntervalMs);
  expect(client.handovers).toMatchObject([{ phase: 'handover' }]);
  await clock.pass(ttlSeconds * 1_000 + historyIntervalMs);
  expect(client.handovers).toEqual([]);
});

it('keeps a drained node out of rotation when the machine slept for longer than a drain is remembered', async () => {
  const { client, clock } = await fakeCluster([A, B, C], OPTIONS);
  const drain = client.drain(C, { untilExpired: true });
  await passSeconds(clock, 20);
  await drain;
  sleep(clock, DAY_MS);
  await passSeconds(clock, 10);
  expect(client.topology.drains.get(C)).toBe('drained');
  expect(client.topology.ring?.nodes.map(({ id }) => id)).toEqual([A, B]);
});

it('acts on what others published while the machine slept for days', async () => {
  const asleep = await fakeCluster([A, B], OPTIONS);
  await passSeconds(asleep.clock, 5);
  const clock = new FakeClock(asleep.clock.now() + 3 * DAY_MS);
  const awake = await another(asleep, clock, [A, B, C]);
  asleep.clock.setWallClock(clock.now());
  await asleep.clock.pass(historyIntervalMs);
  await clock.pass(historyIntervalMs);
  expect(asleep.client.handovers.map(({ nodes }) => nodes.length)).toContain(3);
  expect(awake.handovers.map(({ nodes }) => nodes.length)).toContain(2);
});

it('deletes a session for its whole life, also for a node that gets the deletion later', async () => {
  const { client, clock, network } = await fakeCluster([A, B], { ...OPTIONS, copies: 2 });
  await client.set('key', 'login', { ttlSeconds });
  await passSeconds(clock, 5);
  network.at(B).behaviour = 'refuses';
  network.at(B).drop();
  await passSeconds(clock, 2);
  sleep(clock, ASLEEP_MS);
  await client.delete('key', { ttlSeconds });
  const deletedAt = clock.now();
  await clock.pass(AGREEMENT_MS + 2 * historyIntervalMs);
  const delivered = heard('sess:client:node', ({ node, to }) => node === B && to === 'up');
  network.at(B).behaviour = 'answers';
  await passSeconds(clock, 10);
  await delivered;
  await client.get('key');
  expect(clock.now() + (network.at(B).get('key')?.ttlSeconds ?? 0) * 1_000).toBeGreaterThanOrEqual(
    deletedAt + ttlSeconds * 1_000,
  );
});
