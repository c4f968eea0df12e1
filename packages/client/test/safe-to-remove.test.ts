/** What a tool asks before it stops a node, and what is still open. */
import { describe, expect, inject, it } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client, NotSafeToRemove } from '../src/contract.ts';
import { systemClock } from '../src/clock.ts';
import { pause } from '../src/pause.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { Transport } from '../src/transport/transport.ts';
import { FakeDiscovery } from './fake-discovery.ts';
import { crash, partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 300 }, (_, number) => `session-${number}`);

const party = partyOfEachTest();

async function fill(client: Client): Promise<void> {
  await Promise.all(KEYS.map((key) => client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' })));
}

async function expectNothingMissing(client: Client): Promise<void> {
  const found = await Promise.all(KEYS.map((key) => client.get(key)));
  expect(found.map((record) => record?.value.toString())).toEqual(KEYS.map((key) => `value of ${key}`));
}

/** Why not, once everybody acts on one list. */
async function obstacle(client: Client, id: string): Promise<NotSafeToRemove['reason'] | undefined> {
  for (;;) {
    const answer = await client.safeToRemove(id);
    if (answer.safe) return undefined;
    if (answer.reason !== 'handover-open') return answer.reason;
    await pause(systemClock, 20, undefined);
  }
}

function agreed(client: Client): Promise<void> {
  return expect.poll(() => client.handovers.map(({ phase }) => phase), { timeout: 10_000 }).not.toContain('overlap');
}

describe.each(runtimes)('whether a node may be stopped (%s)', (runtime) => {
  it('with one copy: not while it is in rotation; after it left the list, as soon as all it holds is elsewhere', async () => {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const [old = '', ...others] = ids;
    const { client, discovery } = await party.join(ids, { copies: 1 });
    await fill(client);
    expect(await client.safeToRemove(old)).toMatchObject({ safe: false, reason: 'sessions-only-there' });

    discovery.report(...others);
    expect(await obstacle(client, old)).toBe('sessions-only-there');
    await agreed(client);
    // What is asked for is carried.
    await expectNothingMissing(client);
    expect(await obstacle(client, old)).toBeUndefined();
    await cluster.removeNode(old);
    await expectNothingMissing(client);
  });

  it('with one copy: yes when it is drained, no while that is under way', async () => {
    const [, ids] = await party.startNodes(runtime, 3);
    const [old = ''] = ids;
    const [drainer, tool] = [await party.join(ids, { copies: 1 }), await party.join(ids, { copies: 1 })];
    await fill(drainer.client);
    const meanwhile: string[] = [];
    const drained = drainer.client.drain(old, { keysPerSecond: 40 });
    await expect.poll(() => tool.client.handovers.length).toBeGreaterThan(0);
    const answer = await tool.client.safeToRemove(old);
    if (!answer.safe) meanwhile.push(answer.reason);
    await drained;
    expect(meanwhile).toEqual(['drain-not-done']);
    expect(await obstacle(tool.client, old)).toBeUndefined();
  });

  it('with two copies: yes when each session is on another node, no when one is not', async () => {
    const [cluster, ids] = await party.startNodes(runtime, 4);
    const [first = '', second = ''] = ids;
    const { client } = await party.join(ids, { copies: 2 });
    await fill(client);
    expect(await client.safeToRemove(first)).toEqual({ safe: true });

    // Evicted by a node, for lack of memory.
    const key = KEYS.find((candidate) => client.explain(candidate).owners.join() === [first, second].join()) ?? '';
    expect(await party.evict(cluster, second, key)).toBe(true);
    expect(await client.safeToRemove(first)).toMatchObject({ safe: false, reason: 'sessions-only-there' });
    // A read finds it on its first owner, a touch puts the copy back.
    expect(await client.touch(key, ttlSeconds)).toBe(true);
    expect(await client.safeToRemove(first)).toEqual({ safe: true });
  });

  it('with two copies: not when only this node knows that a session was destroyed', async () => {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const { client } = await party.join(ids, { copies: 2 });
    await fill(client);
    const [key = ''] = KEYS;
    const [first = '', second = ''] = client.explain(key).owners;
    const node = party.directly(cluster, second);
    const before = await node.get(key);
    await client.delete(key, { ttlSeconds });
    await party.evict(cluster, second, key);
    expect(await client.safeToRemove(first)).toEqual({ safe: true });
    // It came back with what it had.
    if (before !== undefined) await node.store('add', key, before.value, { ttlSeconds, flags: before.flags });
    expect(await client.safeToRemove(first)).toMatchObject({ safe: false, reason: 'sessions-only-there' });
  });

  it.each([1, 2])('not the last node, and not one that does not answer (copies %i)', async (copies) => {
    const [cluster, ids] = await party.startNodes(runtime, 2);
    const [first = '', second = ''] = ids;
    const { client } = await party.join(ids, { copies });
    await fill(client);
    await crash(cluster, second, 1);
    expect(await client.safeToRemove(first)).toMatchObject({ safe: false, reason: 'last-node' });
    await expect.poll(() => client.handovers.map(({ phase }) => phase), { timeout: 10_000 }).toEqual(['handover']);
    expect(await client.safeToRemove(second)).toMatchObject({ safe: false, reason: 'out-of-reach' });
  });

  it('not while other clients may still act on a list with it', async () => {
    const [, ids] = await party.startNodes(runtime, 3);
    const [old = '', ...others] = ids;
    const { client, discovery } = await party.join(ids, { copies: 1, handover: { clockSkewMs: 600_000 } });
    discovery.report(...others);
    await expect.poll(() => client.handovers.map(({ phase }) => phase)).toEqual(['overlap']);
    expect(await client.safeToRemove(old)).toMatchObject({ safe: false, reason: 'handover-open' });
  });

  it('stops by its signal', async () => {
    const [, ids] = await party.startNodes(runtime, 3);
    const { client } = await party.join(ids, { copies: 2 });
    await fill(client);
    const stop = new AbortController();
    const asked = client.safeToRemove(ids[0] ?? '', { keysPerSecond: 1, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(asked).rejects.toMatchObject({ code: 'SESS_ABORTED' });
  });
});

describe('whether a node may be stopped', () => {
  it('is refused for a node that nobody knows, and for a pace that is none', async () => {
    const [, ids] = await party.startNodes('embedded', 3);
    const { client } = await party.join(ids, { copies: 2 });
    await expect(client.safeToRemove('10.9.9.9:11211')).rejects.toMatchObject({ code: 'SESS_BAD_VALUE' });
    for (const keysPerSecond of [0, -1, 1.5, Infinity])
      await expect(client.safeToRemove(ids[0] ?? '', { keysPerSecond })).rejects.toMatchObject({
        code: 'SESS_BAD_VALUE',
      });
  });

  it('is told by what is known where keys can not be listed: with two copies, when no handover is open', async () => {
    const [, ids] = await party.startNodes('embedded', 3);
    const [first = '', ...others] = ids;
    const mute: Transport = { name: 'mute', open: (...given) => withoutListing(textTransport().open(...given)) };
    const { client, discovery } = await party.join(ids, { copies: 2, transport: mute });
    await fill(client);
    expect(await client.safeToRemove(first)).toEqual({ safe: true });
    discovery.report(...others);
    await agreed(client);
    expect(await client.safeToRemove(first)).toMatchObject({ safe: false, reason: 'handover-open' });
    expect(await client.safeToRemove(others[0] ?? '')).toMatchObject({ safe: false, reason: 'handover-open' });
  });
});

describe('what is open', () => {
  it('is nothing in a settled cluster, then each earlier list: since when, how far, until when', async () => {
    const [, ids] = await party.startNodes('embedded', 3);
    const [a = '', b = '', c = ''] = ids;
    const startedAt = Date.now();
    const { client, discovery } = await party.join([a, b], { copies: 1 });
    expect(client.handovers).toEqual([]);
    await fill(client);
    discovery.report(a, b, c);
    await expect.poll(() => client.handovers.length).toBe(1);
    const [handover] = client.handovers;
    expect(handover).toMatchObject({ nodes: [a, b], copies: 1, cause: 'discovery' });
    expect(handover?.since).toBeGreaterThanOrEqual(startedAt);
    expect(handover?.since).toBeLessThanOrEqual(Date.now());
    expect(handover?.until).toBe((handover?.agreedAt ?? 0) + ttlSeconds * 1000);
    await agreed(client);
    expect(client.handovers).toMatchObject([{ nodes: [a, b], phase: 'handover' }]);
    expect(JSON.parse(JSON.stringify(client.handovers))).toEqual(client.handovers);
  });

  it('is over with its window', async () => {
    const [, ids] = await party.startNodes('embedded', 3);
    const [a = '', b = ''] = ids;
    const { client, discovery } = await party.join([a], { copies: 1 });
    await client.set('key', 'value', { ttlSeconds: 1 });
    discovery.report(a, b);
    await expect.poll(() => client.handovers.length).toBe(1);
    await expect.poll(() => client.handovers, { timeout: 10_000 }).toEqual([]);
  });

  it('is nothing before the first list of nodes', () => {
    const client = party.own(createUnstarted(), (made) => made.destroy());
    expect(client.handovers).toEqual([]);
  });
});

function createUnstarted(): Client {
  return createClient({ discovery: new FakeDiscovery() });
}

function withoutListing(transport: ReturnType<Transport['open']>): ReturnType<Transport['open']> {
  Object.defineProperty(transport, 'keys', { value: undefined });
  return transport;
}
