/** Two clusters that come across each other: an address that is used again in another one, and nodes that two share. */
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { heard } from './heard.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const SECRETS: readonly (readonly [string, Partial<ClientOptions>])[] = [
  ['with one secret', { historySecret: 'the same secret in both applications' }],
  ['without a secret', {}],
];
const COPIES = [1, 2];

const party = partyOfEachTest();

function keysOf(who: string): readonly string[] {
  return Array.from({ length: 40 }, (_, number) => `${who}/${number}`);
}

async function fill(client: Client, who: string): Promise<void> {
  for (const key of keysOf(who)) await client.set(key, who, { ttlSeconds, expect: 'absent' });
}

async function expectOnly(client: Client, who: string, nodes: readonly string[]): Promise<void> {
  for (const key of keysOf(who)) {
    expect((await client.get(key))?.value.toString()).toBe(who);
    const { owners, elders } = client.explain(key);
    for (const id of [...owners, ...elders]) expect(nodes).toContain(id);
  }
}

describe.each(runtimes)('clusters that come across each other (%s)', (runtime) => {
  describe.each(SECRETS)('%s', (_, secret) => {
    it.each(COPIES)('an address used again in another cluster leaves both apart (copies: %i)', async (copies) => {
      const [cluster, nodes] = await party.startNodes(runtime, 5);
      const [own, lent, others] = [nodes.slice(0, 2), nodes[2] ?? '', nodes.slice(3)];
      const options = { ...secret, copies };
      const shop = await party.join([...own, lent], options);
      const forum = await party.join(others, options);
      await fill(shop.client, 'shop');
      await fill(forum.client, 'forum');
      // Scaled in as told, and stopped: its address goes to a node of the other application.
      await shop.client.drain(lent);
      shop.discovery.report(...own);
      await cluster.crashNode(lent);
      await expect.poll(() => shop.client.topology.states.get(lent)).toBe(undefined);
      await cluster.restartNode(lent);
      forum.discovery.report(...others, lent);
      await expect
        .poll(() => keysOf('forum').some((key) => forum.client.explain(key).owners.includes(lent)))
        .toBe(true);
      await expect.poll(() => forum.client.handovers.every(({ phase }) => phase !== 'overlap')).toBe(true);

      await expectOnly(forum.client, 'forum', [...others, lent]);
      await expect.poll(() => shop.client.handovers.every(({ phase }) => phase !== 'overlap')).toBe(true);
      const late = [await party.join(own, options), await party.join([...others, lent], options)];
      for (const client of [shop.client, late[0]?.client as Client]) {
        await expectOnly(client, 'shop', [...own, lent]);
        for (const { nodes: open } of client.handovers) for (const id of open) expect([...own, lent]).toContain(id);
        for (const key of keysOf('new')) expect(client.explain(key).owners).not.toContain(lent);
      }
      await expectOnly(late[1]?.client as Client, 'forum', [...others, lent]);
      expect(shop.client.topology.cluster).not.toBe(forum.client.topology.cluster);
      expect(late[0]?.client.topology.cluster).toBe(shop.client.topology.cluster);
      expect(late[1]?.client.topology.cluster).toBe(forum.client.topology.cluster);
    });

    it('a node that another cluster uses is not used, and both names are told', async () => {
      const [cluster, nodes] = await party.startNodes(runtime, 4);
      const [own, others] = [nodes.slice(0, 2), nodes.slice(2)];
      const [foreign = ''] = others;
      const shop = await party.join(own, secret);
      const forum = await party.join(others, secret);
      await fill(shop.client, 'shop');
      await fill(forum.client, 'forum');
      const told = heard('sess:client:other-cluster', ({ node }) => node === foreign);
      shop.discovery.report(...own, foreign);
      expect(await told).toMatchObject({
        node: foreign,
        cluster: shop.client.topology.cluster,
        otherCluster: forum.client.topology.cluster,
      });
      await expectOnly(shop.client, 'shop', own);
      const late = await party.join([...own, foreign], secret);
      await expectOnly(late.client, 'shop', own);
      await expectOnly(forum.client, 'forum', others);
      // The other cluster gives it away, emptied: now it is used.
      forum.discovery.report(...others.slice(1));
      await forum.client.close();
      await cluster.restartNode(foreign);
      await expect
        .poll(() => keysOf('shop').some((key) => late.client.explain(key).owners.includes(foreign)))
        .toBe(true);
      await expectOnly(late.client, 'shop', [...own, foreign]);
    });
  });

  it('services with a namespace each share nodes, each with settings of its own', async () => {
    const [, nodes] = await party.startNodes(runtime, 3);
    const shop = await party.join(nodes, { namespace: 'shop', copies: 1 });
    const forum = await party.join(nodes.slice(1), { namespace: 'forum', copies: 2 });
    await fill(shop.client, 'shop');
    await fill(forum.client, 'forum');
    await expect.poll(() => shop.client.explain('any').mode).toBe('settled');
    expect(shop.client.handovers).toEqual([]);
    expect(forum.client.handovers).toEqual([]);
    await expectOnly(shop.client, 'shop', nodes);
    await expectOnly(forum.client, 'forum', nodes.slice(1));
    await expect(shop.client.drain(nodes[1] ?? '')).rejects.toMatchObject({ code: 'SESS_BAD_OPTION' });
  });
});
