/** Copies in different zones, over real nodes. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { RequestMessage } from '../src/diagnostics.ts';
import type { ClientOptions } from '../src/options.ts';
import { heard } from './heard.ts';
import { crash, partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 48 }, (_, number) => `user/${number}`);
const ZONES = ['use1-az1', 'use1-az2', 'use1-az3'];

const party = partyOfEachTest();

interface Zoned {
  readonly cluster: LocalCluster;
  readonly nodes: readonly string[];
  readonly zoneOf: NonNullable<ClientOptions['zoneOf']>;
  readonly inZone: (zone: string) => readonly string[];
}

async function start(runtime: (typeof runtimes)[number], count = 6): Promise<Zoned> {
  const [cluster, nodes] = await party.startNodes(runtime, count);
  const zoneOf = ({ id }: { readonly id: string }): string | undefined => ZONES[nodes.indexOf(id) % ZONES.length];
  return { cluster, nodes, zoneOf, inZone: (zone) => nodes.filter((id) => zoneOf({ id }) === zone) };
}

describe.each(runtimes)('copies in different zones (%s)', (runtime) => {
  it('the loss of a zone loses no session, and brings none back', async () => {
    const { cluster, nodes, zoneOf, inZone } = await start(runtime);
    const [one, other] = [await party.join(nodes, { zoneOf }), await party.join(nodes, { zoneOf })];
    for (const key of KEYS) await one.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    const destroyed = KEYS.slice(0, 16);
    for (const key of destroyed) expect(await other.client.delete(key, { ttlSeconds })).toBe(true);
    for (const id of inZone('use1-az2')) await crash(cluster, id, 2);
    const late = await party.join(nodes, { zoneOf });
    for (const { client } of [one, other, late])
      for (const key of KEYS)
        expect((await client.get(key))?.value.toString()).toBe(destroyed.includes(key) ? undefined : 'login');
    for (const key of KEYS.slice(16)) {
      const record = await one.client.get(key);
      await one.client.set(key, 'changed', { ttlSeconds, expect: record });
      expect((await other.client.get(key))?.value.toString()).toBe('changed');
    }
  });

  it('zones are given to a running cluster by a rolling deploy, and taken off it by another', async () => {
    const { cluster, nodes, zoneOf, inZone } = await start(runtime);
    const zoned = { handover: { clockSkewMs: 0 }, zoneOf };
    const before = [await party.join(nodes, { handover: { clockSkewMs: 0 } }), await party.join(nodes)];
    for (const key of KEYS) await before[0]?.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    const after = [await party.join(nodes, zoned)];
    // Both write the same sessions while the deploy is under way.
    for (const [index, key] of KEYS.entries()) {
      const writer = (index % 2 === 0 ? before[1] : after[0])?.client;
      const record = await writer?.get(key);
      expect(record?.value.toString()).toBe('login');
      await writer?.set(key, 'changed', { ttlSeconds, expect: record });
    }
    const [gone, kept] = [KEYS.slice(0, 16), KEYS.slice(16)];
    for (const [index, key] of gone.entries())
      expect(await (index % 2 === 0 ? before[0] : after[0])?.client.delete(key, { ttlSeconds })).toBe(true);
    for (const { client } of before) await client.close();
    after.push(await party.join(nodes, zoned));
    await expect.poll(() => after.every(({ client }) => client.handovers.length === 0), { timeout: 60_000 }).toBe(true);
    // Every session is in two zones now: any of them can go.
    for (const id of inZone('use1-az1')) await crash(cluster, id, 2);
    for (const { client } of after) {
      for (const key of kept) expect((await client.get(key))?.value.toString()).toBe('changed');
      for (const key of gone) expect(await client.get(key)).toBeUndefined();
    }
    const plain = await party.join(nodes);
    for (const key of kept) expect((await plain.client.get(key))?.value.toString()).toBe('changed');
    for (const key of gone) expect(await plain.client.get(key)).toBeUndefined();
  });

  it('a read asks the copy in its own zone first, and the other when that has none', async () => {
    const { cluster, nodes, zoneOf, inZone } = await start(runtime, 4);
    const [zone = ''] = ZONES;
    const near = await party.join(nodes, { zoneOf, zone, reads: 'near', hedgedReads: false });
    for (const key of KEYS) await near.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    const withNearCopy = KEYS.filter((key) => near.client.explain(key).owners.some((id) => inZone(zone).includes(id)));
    expect(withNearCopy.length).toBeGreaterThan(0);
    for (const key of withNearCopy) {
      const { owners } = near.client.explain(key);
      const { asked, value } = await read(near.client, key);
      expect(value).toBe('login');
      // Looks at a fence, in the background, are requests as well.
      expect(asked.some((id) => owners.includes(id) && inZone(zone).includes(id))).toBe(true);
    }
    const [key = ''] = withNearCopy;
    const [nearOwner = ''] = near.client.explain(key).owners.filter((id) => inZone(zone).includes(id));
    expect(await party.evict(cluster, nearOwner, key)).toBe(true);
    expect((await near.client.get(key))?.value.toString()).toBe('login');
    const copy = party.directly(cluster, nearOwner);
    await expect.poll(async () => (await copy.get(key, undefined))?.value.length ?? 0).toBeGreaterThan(0);
  });

  it('a zone that is too small, and a node without one, are told', async () => {
    const { nodes } = await start(runtime, 4);
    const told = heard('sess:client:zones', ({ problem }) => problem === 'small');
    const unknown = heard('sess:client:zones', ({ problem }) => problem === 'unknown');
    const member = await party.join(nodes, { zoneOf: ({ id }) => (id === nodes[3] ? undefined : 'a') });
    const [small, without] = [await told, await unknown];
    expect(small).toMatchObject({ nodes: [nodes[3]], zone: undefined });
    expect(small.load).toBeGreaterThan(1.5);
    expect(without).toMatchObject({ nodes: [nodes[3]] });
    expect(member.client.topology.nodes.map(({ zone }) => zone)).toEqual(['a', 'a', 'a', undefined]);
  });

  it('what can be no zone is told, and the list is not used', async () => {
    const { nodes } = await start(runtime, 2);
    const told = heard('sess:client:discovery-error', ({ error }) => error.message.includes('zone'));
    const refused = party.join(nodes, { zoneOf: () => 'not a zone', readyTimeoutMs: 200 });
    await expect(refused).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect((await told).error.message).toMatch(/the zone of .* must be/);
  });
});

/** What is read, and which nodes are asked for anything meanwhile, in order. */
async function read(client: Client, key: string): Promise<{ asked: readonly string[]; value: string | undefined }> {
  const asked: string[] = [];
  const listener = (message: unknown): void => void asked.push((message as RequestMessage).node);
  subscribe('sess:client:request', listener);
  try {
    const record = await client.get(key);
    return { asked, value: record?.value.toString() };
  } finally {
    unsubscribe('sess:client:request', listener);
  }
}
