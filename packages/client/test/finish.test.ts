/**
 * A handover that finishes by itself: what is left on earlier owners is brought to where it belongs, and nobody asks
 * them any more.
 */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import { systemClock } from '../src/clock.ts';
import type { Client } from '../src/contract.ts';
import type { HandoverMessage } from '../src/diagnostics.ts';
import type { ClientOptions } from '../src/options.ts';
import { pause } from '../src/pause.ts';
import { MOVED_FLAGS } from '../src/record.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { StoredItem, Transport } from '../src/transport/transport.ts';
import { heard } from './heard.ts';
import { partyOfEachTest, type Member } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 400 }, (_, number) => `session-${number}`);
const OPTIONS: Partial<ClientOptions> = {
  copies: 1,
  historyIntervalMs: 300,
  handover: { clockSkewMs: 0, finish: true, keysPerSecond: 100_000 },
};
const LONG = { timeout: 60_000 };

const party = partyOfEachTest();

async function fill(client: Client): Promise<void> {
  await Promise.all(KEYS.map((key) => client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' })));
}

async function expectAll(client: Client, destroyed: readonly string[] = []): Promise<void> {
  const found = await Promise.all(KEYS.map((key) => client.get(key)));
  expect(found.map((record) => record?.value.toString())).toEqual(
    KEYS.map((key) => (destroyed.includes(key) ? undefined : `value of ${key}`)),
  );
}

/** Resolves when nothing is open, as each of these sees it. */
async function finished(...clients: readonly Client[]): Promise<void> {
  for (const client of clients) await expect.poll(() => client.handovers, LONG).toEqual([]);
}

function isThere(item: StoredItem | undefined): item is StoredItem {
  return item !== undefined && item.flags !== MOVED_FLAGS;
}

async function heldBy(cluster: LocalCluster, id: string): Promise<Map<string, number | undefined>> {
  const node = party.directly(cluster, id);
  const items = await Promise.all(KEYS.map((key) => node.get(key)));
  return new Map(KEYS.flatMap((key, index) => (isThere(items[index]) ? [[key, items[index].ttlSeconds]] : [])));
}

/** One client after another, or all of them in the same moment. */
type Round = (
  keys: readonly string[],
  parties: readonly Member[],
  add: (client: Client, key: string) => Promise<void>,
) => Promise<void>;
const inTurn: Round = async (keys, parties, add) => {
  for (const key of keys) for (const { client } of parties) await add(client, key);
};
const atOnce: Round = async (keys, parties, add) => {
  await Promise.all(keys.flatMap((key) => parties.map(({ client }) => add(client, key))));
};

describe.each(runtimes)('a handover (%s)', (runtime) => {
  it.each([1, 2])(
    'finishes after a node joined: each copy is where it belongs, and nowhere else (copies %i)',
    LONG,
    async (copies) => {
      const [cluster, ids] = await party.startNodes(runtime, 4);
      const before = ids.slice(0, 3);
      const [one, other] = [
        await party.join(before, { ...OPTIONS, copies }),
        await party.join(before, { ...OPTIONS, copies }),
      ];
      await fill(one.client);
      const destroyed = KEYS.slice(0, 20);
      for (const key of destroyed) await one.client.delete(key, { ttlSeconds });
      for (const { discovery } of [one, other]) discovery.report(...ids);
      await expect.poll(() => one.client.handovers.length).toBe(1);
      await finished(one.client, other.client);

      for (const id of ids) {
        const held = await heldBy(cluster, id);
        const own = KEYS.filter((key) => one.client.explain(key).owners.includes(id));
        expect([...held.keys()].filter((key) => !destroyed.includes(key))).toEqual(
          own.filter((key) => !destroyed.includes(key)),
        );
        for (const key of own) expect(held.has(key)).toBe(true);
        for (const ttl of held.values()) if (ttl !== undefined) expect(ttl).toBeGreaterThan(ttlSeconds - 120);
      }
      for (const { client } of [one, other]) {
        expect(KEYS.map((key) => client.explain(key).mode)).not.toContain('handover');
        await expectAll(client, destroyed);
      }
      // Who starts later is not told of it any more.
      const late = await party.join(ids, { ...OPTIONS, copies });
      expect(late.client.handovers).toEqual([]);
      await expectAll(late.client, destroyed);
    },
  );

  it('finishes after a node left the list: it can be stopped, without a drain', LONG, async () => {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const [old = '', ...others] = ids;
    const [one, other] = [await party.join(ids, OPTIONS), await party.join(ids, OPTIONS)];
    await fill(one.client);
    for (const { discovery } of [one, other]) discovery.report(...others);
    await expect.poll(() => one.client.handovers.length).toBe(1);
    expect(await one.client.safeToRemove(old)).toMatchObject({ safe: false });
    await finished(one.client, other.client);
    await cluster.removeNode(old);
    for (const { client } of [one, other]) await expectAll(client);
  });

  it(
    'does not finish without a node that left the list and does not answer: other clients may reach it',
    { timeout: 150_000 },
    async () => {
      const [cluster, ids] = await party.startNodes(runtime, 3);
      const [silent = '', ...others] = ids;
      const { client, discovery } = await party.join(ids, OPTIONS);
      await fill(client);
      await cluster.pauseNode(silent);
      await expect.poll(() => client.topology.states.get(silent), LONG).toBe('down');
      discovery.report(...others);
      await expect.poll(() => client.handovers.every(({ phase }) => phase === 'handover'), LONG).toBe(true);
      // Several times as long as finishing takes without the node.
      await pause(systemClock, 6_000, undefined);
      expect(client.handovers).not.toEqual([]);
      await cluster.resumeNode(silent);
      await finished(client);
      await expectAll(client);
    },
  );

  it.each([
    ['by one client after another', inTurn],
    ['by two clients in the same moment', atOnce],
  ])('loses no change that is made meanwhile, %s', LONG, async (_, round) => {
    const [, ids] = await party.startNodes(runtime, 4);
    const slowly = { ...OPTIONS, handover: { ...OPTIONS.handover, keysPerSecond: 200 } };
    const parties = [await party.join(ids.slice(0, 2), slowly), await party.join(ids.slice(0, 2), slowly)];
    const [one, other] = parties;
    const counted = KEYS.slice(0, 40);
    for (const key of KEYS) await one?.client.set(key, '0', { ttlSeconds });
    const counts = new Map(counted.map((key) => [key, 0]));
    for (const { discovery } of parties) discovery.report(...ids);
    await expect.poll(() => one?.client.handovers.length).toBe(1);
    const add = async (client: Client, key: string): Promise<void> => {
      const record = await client.get(key);
      try {
        await client.set(key, String(Number(record?.value) + 1), { ttlSeconds, expect: record });
        counts.set(key, (counts.get(key) ?? 0) + 1);
      } catch (error) {
        expect(error).toMatchObject({ code: 'SESS_CONFLICT' });
      }
    };
    const isOpen = (): boolean => parties.some(({ client }) => client.handovers.length > 0);
    while (isOpen()) await round(counted, parties, add);
    // What was refused may still have been written: never less than what was acknowledged.
    for (const key of counted) {
      const stored = Number((await other?.client.get(key))?.value);
      expect(stored).toBeGreaterThanOrEqual(counts.get(key) ?? 0);
      expect(stored).toBeGreaterThan(0);
    }
  });

  it('is finished by another client when the one at it ends', LONG, async () => {
    const [, ids] = await party.startNodes(runtime, 4);
    const slowly = { ...OPTIONS, handover: { ...OPTIONS.handover, keysPerSecond: 20 } };
    const [first, second] = [
      await party.join(ids.slice(0, 3), slowly),
      await party.join(ids.slice(0, 3), { copies: 1 }),
    ];
    await fill(first.client);
    const begun = heard('sess:client:handover', ({ phase }) => phase === 'begun');
    for (const { discovery } of [first, second]) discovery.report(...ids);
    await begun;
    await expect.poll(() => second.client.handovers.map(({ phase }) => phase)).toEqual(['closing']);
    first.client.destroy();
    const third = await party.join(ids, OPTIONS);
    await finished(third.client, second.client);
    for (const { client } of [second, third]) await expectAll(client);
  });

  it(
    'is not opened again by a client that slept meanwhile, and reopened when somebody acts on the earlier list again',
    LONG,
    async () => {
      const [, ids] = await party.startNodes(runtime, 4);
      const before = ids.slice(0, 3);
      const one = await party.join(before, OPTIONS);
      await fill(one.client);
      one.discovery.report(...ids);
      await expect.poll(() => one.client.handovers.length).toBe(1);
      await finished(one.client);
      one.discovery.report(...before);
      await expect.poll(() => one.client.handovers.map(({ nodes }) => nodes.length)).toEqual([4]);
      await expectAll(one.client);
      await finished(one.client);
      await expectAll(one.client);
      one.discovery.report(...ids);
      await expect.poll(() => one.client.handovers.map(({ nodes }) => nodes.length)).toEqual([3]);
      await finished(one.client);
      await expectAll(one.client);
    },
  );

  it('leaves alone what belongs to clients with a history of their own', LONG, async () => {
    const [, ids] = await party.startNodes(runtime, 3);
    const stranger = await party.join(ids.slice(0, 1), {
      ...OPTIONS,
      historySecret: 'a secret of thirty-two bytes or more',
    });
    await fill(stranger.client);
    const told = refusals();
    const one = await party.join(ids.slice(0, 2), OPTIONS);
    await one.client.set('own', 'value', { ttlSeconds });
    one.discovery.report(...ids);
    expect((await told).message).toContain('history of their own');
    expect(one.client.handovers).toMatchObject([{ phase: 'handover' }]);
    await expectAll(stranger.client);
  });
});

/** Why a handover is not finished. */
async function refusals(): Promise<Error> {
  let reason: HandoverMessage['error'];
  await heard('sess:client:handover', ({ phase, error }) => {
    reason = error;
    return phase === 'interrupted';
  });
  return reason as Error;
}

describe('a handover', () => {
  it('from the addresses of machines to their names finishes: a machine is one node under either', LONG, async () => {
    const [cluster, ids] = await party.startNodes('embedded', 2);
    const one = await party.join(ids, OPTIONS);
    await fill(one.client);
    one.discovery.report(...cluster.nodes.map(({ port }) => `localhost:${port}`));
    await expect.poll(() => one.client.handovers.length).toBe(1);
    await finished(one.client);
    await expectAll(one.client);
    // Each is on its owner, and only there.
    const held = await Promise.all(ids.map((id) => heldBy(cluster, id)));
    expect(held.reduce((sum, { size }) => sum + size, 0)).toBe(KEYS.length);
  });

  it(
    'is not finished while one machine is listed under two names: nothing is removed from under the second',
    LONG,
    async () => {
      const [cluster, ids] = await party.startNodes('embedded', 1);
      const one = await party.join(ids, OPTIONS);
      await fill(one.client);
      const told = refusals();
      one.discovery.report(...ids, ...cluster.nodes.map(({ port }) => `localhost:${port}`));
      expect((await told).message).toContain('second name');
      await expectAll(one.client);
    },
  );

  it('finishes when a machine that was used under two names has left', LONG, async () => {
    const [cluster, [left = '', ...stay]] = await party.startNodes('embedded', 3);
    const options = { ...OPTIONS, historySecret: 'one secret for both clients of this test' };
    const one = await party.join([left, ...stay], { ...options, handover: { clockSkewMs: 0, finish: false } });
    await fill(one.client);
    const phases = (): readonly string[] => one.client.handovers.map(({ phase }) => phase);
    one.discovery.report(left.replace('127.0.0.1', 'localhost'), ...stay);
    await expect.poll(phases, LONG).toEqual(['handover']);
    one.discovery.report(...stay);
    await expect.poll(phases, LONG).toEqual(['handover', 'handover']);
    const finisher = await party.join(stay, options);
    await finished(one.client, finisher.client);
    expect((await heldBy(cluster, left)).size).toBe(0);
    // Nobody needs the machine any more.
    await cluster.removeNode(left);
    await expectAll(finisher.client);
  });

  it('stays open until its window ends where keys can not be listed', LONG, async () => {
    const [, ids] = await party.startNodes('embedded', 3);
    const mute: Transport = { name: 'mute', open: (...given) => withoutListing(textTransport().open(...given)) };
    const told = refusals();
    const one = await party.join(ids.slice(0, 2), { ...OPTIONS, transport: mute });
    await fill(one.client);
    one.discovery.report(...ids);
    expect(await told).toMatchObject({ code: 'SESS_SERVER' });
    expect(one.client.handovers).toMatchObject([{ phase: 'handover' }]);
    await expectAll(one.client);
  });

  it('is not finished where that is turned off', async () => {
    const [, ids] = await party.startNodes('embedded', 3);
    const one = await party.join(ids.slice(0, 2), { copies: 1 });
    await fill(one.client);
    one.discovery.report(...ids);
    await expect.poll(() => one.client.handovers.map(({ phase }) => phase), { timeout: 10_000 }).toEqual(['handover']);
    await pause(systemClock, 1_000, undefined);
    expect(one.client.handovers).toMatchObject([{ phase: 'handover' }]);
  });
});

function withoutListing(transport: ReturnType<Transport['open']>): ReturnType<Transport['open']> {
  Object.defineProperty(transport, 'keys', { value: undefined });
  return transport;
}
