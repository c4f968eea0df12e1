import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { LocalCluster } from '@sess/local-cluster';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { RereplicationMessage } from '../src/diagnostics.ts';
import { heard } from './heard.ts';
import { crash, partyOfEachTest, restart, type Member } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
/** Each is looked for on every node: more of them in the long form. */
const KEYS = Array.from({ length: inject('long') ? 500 : 150 }, (_, number) => `session-${number}`);
const DELETED = KEYS.slice(0, 15);

const party = partyOfEachTest();
let told: RereplicationMessage[];
beforeEach(() => {
  told = [];
  const listener = (message: unknown): unknown => told.push(message as RereplicationMessage);
  subscribe('sess:client:rereplication', listener);
  onTestFinished(() => void unsubscribe('sess:client:rereplication', listener));
});

async function fill(client: Client): Promise<void> {
  await Promise.all(KEYS.map((key) => client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' })));
  for (const key of DELETED) await client.delete(key, { ttlSeconds });
}

/** Resolves when the copies that the node took along are restored. */
function rereplicated(id: string): Promise<RereplicationMessage> {
  return heard(
    'sess:client:rereplication',
    ({ node, reason, phase }) => node === id && reason === 'left' && phase === 'done',
  );
}

/** Of each key, the nodes that hold it. */
async function holdersOf(
  cluster: LocalCluster,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const holders = new Map<string, string[]>(KEYS.map((key) => [key, []]));
  for (const id of ids) {
    const node = party.directly(cluster, id);
    for (const key of KEYS) {
      const item = await node.get(key);
      if (item === undefined) continue;
      holders.get(key)?.push(id);
      expect(item.ttlSeconds).toBeGreaterThan(ttlSeconds - 120);
      // The envelope says the rest.
      if (!DELETED.includes(key)) expect(item.value.subarray(16).toString()).toBe(`value of ${key}`);
    }
  }
  return holders;
}

async function expectAllToBeThere(client: Client): Promise<void> {
  for (const key of KEYS)
    expect((await client.get(key))?.value.toString()).toBe(DELETED.includes(key) ? undefined : `value of ${key}`);
}

function tell(members: readonly Member[], nodes: readonly string[]): void {
  for (const { discovery } of members) discovery.report(...nodes);
}

describe.each(runtimes)('a node that goes, with two copies (%s)', (runtime) => {
  it('off the list leaves every key on both its owners, by the work of one client, without anybody asking for them', async () => {
    const [cluster, [gone = '', ...nodes]] = await party.startNodes(runtime, 4);
    const members = [await party.join([gone, ...nodes]), await party.join([gone, ...nodes])];
    const [{ client }, other] = members as [Member, Member];
    await fill(client);
    const taken = KEYS.filter((key) => client.explain(key).owners.includes(gone));
    expect(taken.length).toBeGreaterThan(KEYS.length / 4);

    const done = rereplicated(gone);
    tell(members, nodes);
    // Off the list first, stopped later, as providers do.
    await heard('sess:client:rereplication', ({ phase }) => phase === 'begun');
    await cluster.crashNode(gone);
    await done;
    const last = told.at(-1);
    expect(last).toMatchObject({ node: gone, reason: 'left', phase: 'done' });
    expect(last?.carried).toBeGreaterThan(0);
    // One that two hold by then counts for each.
    expect(last?.keys).toBeLessThanOrEqual(2 * taken.length);
    const holders = await holdersOf(cluster, nodes);
    for (const key of KEYS)
      expect.soft(holders.get(key)?.toSorted(), key).toEqual(client.explain(key).owners.toSorted());
    // So that the next one may go.
    const [next = '', ...rest] = nodes;
    tell(members, rest);
    await cluster.crashNode(next);
    await expectAllToBeThere(other.client);
  });

  it('down, and still listed, is made up for as well: when another restarts empty, nothing is lost', async () => {
    const [cluster, nodes] = await party.startNodes(runtime, 4);
    const members = [await party.join(nodes), await party.join(nodes)];
    const [{ client }, other] = members as [Member, Member];
    await fill(client);
    const [down = '', next = ''] = nodes;
    const done = rereplicated(down);
    await crash(cluster, down, 2);
    await done;
    const holders = await holdersOf(
      cluster,
      nodes.filter((id) => id !== down),
    );
    for (const key of KEYS) expect.soft(holders.get(key)?.length, key).toBe(2);
    await crash(cluster, next, 2);
    await restart(cluster, next, 2);
    await expectAllToBeThere(other.client);
    await restart(cluster, down, 2);
    await expectAllToBeThere(client);
  });

  it('can be followed by all others, each replaced by one with another name, when each waits for the copies', async () => {
    const [cluster, first] = await party.startNodes(runtime, 3);
    const { client, discovery } = await party.join(first);
    await fill(client);
    let nodes = first;
    for (const gone of first) {
      const joined = (await cluster.addNode()).id;
      nodes = [...nodes.filter((id) => id !== gone), joined];
      const done = rereplicated(gone);
      discovery.report(...nodes);
      await cluster.removeNode(gone);
      await done;
    }
    expect(nodes.filter((id) => first.includes(id))).toEqual([]);
    await expectAllToBeThere(client);
  });
});

describe('a node that goes', () => {
  it('is made up for by a client that never saw it', async () => {
    const [cluster, [gone = '', ...nodes]] = await party.startNodes('embedded', 4);
    const { client, discovery } = await party.join([gone, ...nodes]);
    await fill(client);
    discovery.report(...nodes);
    await client.delete(DELETED[0] ?? '', { ttlSeconds });
    await client.close();
    expect(told).toEqual([]);
    const done = rereplicated(gone);
    const { client: late } = await party.join(nodes);
    await done;
    const holders = await holdersOf(cluster, nodes);
    for (const key of KEYS) expect.soft(holders.get(key)?.toSorted(), key).toEqual(late.explain(key).owners.toSorted());
  });

  it('while there are fewer nodes than copies is made up for when another joins', async () => {
    const [cluster, [gone = '', stays = '']] = await party.startNodes('embedded', 2);
    const { client, discovery } = await party.join([gone, stays]);
    await fill(client);
    discovery.report(stays);
    await cluster.crashNode(gone);
    const [asked = ''] = DELETED;
    // Everybody acts without it by then.
    await expect.poll(() => client.explain(asked).mode, { timeout: 10_000, interval: 10 }).not.toBe('overlap');
    const joined = (await cluster.addNode()).id;
    const done = rereplicated(gone);
    discovery.report(stays, joined);
    await expect(done).resolves.toMatchObject({ carried: KEYS.length });
    const holders = await holdersOf(cluster, [stays, joined]);
    for (const key of KEYS) expect.soft(holders.get(key)?.length, key).toBe(2);
  });

  it('is not made up for twice, and not at all when it was drained', async () => {
    const [, [drained = '', gone = '', ...nodes]] = await party.startNodes('embedded', 5);
    const { client, discovery } = await party.join([drained, gone, ...nodes]);
    await fill(client);
    await client.drain(drained);
    discovery.report(gone, ...nodes);
    const done = rereplicated(gone);
    discovery.report(...nodes);
    await done;
    // Who starts later finds word of both on the nodes.
    const [last = '', ...rest] = nodes;
    const late = await party.join(nodes);
    const lastDone = rereplicated(last);
    for (const member of [discovery, late.discovery]) member.report(...rest);
    await lastDone;
    expect(told.filter(({ phase }) => phase === 'begun').map(({ node }) => node)).toEqual([gone, last]);
  });

  it('and comes back meanwhile is rereplicated to itself', async () => {
    const [cluster, nodes] = await party.startNodes('embedded', 3);
    const { client } = await party.join(nodes, { historyIntervalMs: 1_000 });
    await fill(client);
    const [id = ''] = nodes;
    const done = heard('sess:client:rereplication', ({ phase }) => phase === 'done');
    await crash(cluster, id, 1);
    await restart(cluster, id, 1);
    await expect(done).resolves.toMatchObject({ node: id, reason: 'returned' });
    expect(told.map(({ reason }) => reason)).toEqual(['returned', 'returned']);
  });
});
