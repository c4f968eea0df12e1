/**
 * A rolling deploy that changes a setting by which owners are decided: for a while, processes of the old and the new
 * setting write the same keys.
 */
import { ketama, modulo, rendezvous } from '@sess/hash-ring';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 48 }, (_, number) => `user/${number}`);

const party = partyOfEachTest();

/** Zones that every process tells alike: nodes in turn, as they are met first. */
function inZones(count: number): Partial<ClientOptions> {
  const met = new Map<string, number>();
  return {
    zoneOf: ({ id }) => {
      const turn = met.get(id) ?? met.size;
      met.set(id, turn);
      return `zone-${turn % count}`;
    },
  };
}

const byKetama: Partial<ClientOptions> = { copies: 1, distribution: ketama };
const CHANGES: readonly (readonly [string, Partial<ClientOptions>, Partial<ClientOptions>])[] = [
  ['copies 1 to 2', { copies: 1 }, { copies: 2 }],
  ['copies 2 to 1', { copies: 2 }, { copies: 1 }],
  ['copies 2 to 3', { copies: 2 }, { copies: 3 }],
  ['ketama to rendezvous', byKetama, { copies: 1, distribution: rendezvous }],
  ['modulo to ketama', { copies: 1, distribution: modulo }, byKetama],
  ['no zones to two', { copies: 2 }, { copies: 2, ...inZones(2) }],
  ['three zones to none', { copies: 2, ...inZones(3) }, { copies: 2 }],
  ['two zones to three', { copies: 2, ...inZones(2) }, { copies: 2, ...inZones(3) }],
  ['no zones to two, and copies 1 to 2', { copies: 1 }, { copies: 2, ...inZones(2) }],
  ['no zones to two, and ketama to rendezvous', byKetama, { copies: 2, distribution: rendezvous, ...inZones(2) }],
  ['ketama to rendezvous, and copies 1 to 2', byKetama, { copies: 2, distribution: rendezvous }],
];

describe.each(runtimes)('a setting that a rolling deploy changes (%s)', (runtime) => {
  it.each(CHANGES)(
    '%s: nothing is missing or made twice, what was destroyed stays so, when a node is lost as well',
    async (_, before, after) => {
      const [cluster, nodes] = await party.startNodes(runtime, 4);
      const [old, young] = [await party.join(nodes, before), await party.join(nodes, after)];
      await Promise.all(KEYS.map((key) => old.client.set(key, 'login', { ttlSeconds, expect: 'absent' })));
      const [destroyed, changed, others] = [KEYS.slice(0, 16), KEYS.slice(16, 32), KEYS.slice(32)];
      for (const key of KEYS) {
        await expect(young.client.set(key, 'again', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
          code: 'SESS_CONFLICT',
        });
      }
      // Each setting destroys and changes what the other one wrote.
      for (const [index, key] of destroyed.entries()) {
        await change(old.client, key, 'old');
        await change(young.client, key, 'young');
        expect(await (index % 2 === 0 ? old : young).client.delete(key, { ttlSeconds })).toBe(true);
      }
      for (const [index, key] of changed.entries())
        await change((index % 2 === 0 ? young : old).client, key, 'changed');

      // The deploy is over, and whoever starts now finds everything as it was left; so do those who lose a node
      // afterwards.
      old.client.destroy();
      const late = await party.join(nodes, after);
      const expectAll = async (client: Client, among: readonly string[]): Promise<void> => {
        for (const key of destroyed) expect(await client.get(key)).toBeUndefined();
        for (const key of changed.filter((one) => among.includes(one)))
          expect((await client.get(key))?.value.toString()).toBe('changed');
        for (const key of others.filter((one) => among.includes(one)))
          expect((await client.get(key))?.value.toString()).toBe('login');
      };
      await expectAll(late.client, KEYS);
      await expect
        .poll(() => KEYS.every((key) => late.client.explain(key).mode !== 'overlap'), { timeout: 10_000 })
        .toBe(true);
      await expectAll(late.client, KEYS);
      const [lost = ''] = nodes;
      const left = nodes.slice(1);
      const onOthers = KEYS.filter((key) => !late.client.explain(key).owners.includes(lost) || (after.copies ?? 1) > 1);
      await cluster.crashNode(lost);
      for (const { discovery } of [young, late]) discovery.report(...left);
      await expectAll((await party.join(left, after)).client, onOthers);
    },
  );

  it('lists of one deploy in another order are another placement where the order decides', async () => {
    const [, nodes] = await party.startNodes(runtime, 4);
    const options = { copies: 1, distribution: modulo };
    const [one, other] = [await party.join(nodes, options), await party.join(nodes.toReversed(), options)];
    for (const key of KEYS) await one.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    for (const key of KEYS) expect((await other.client.get(key))?.value.toString()).toBe('login');
  });

  it('nothing is written while another process places keys in a way that is not known here, and all can be read', async () => {
    const [, nodes] = await party.startNodes(runtime, 4);
    const known = await party.join(nodes, byKetama);
    for (const key of KEYS) await known.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    const strange = await party.join(nodes, {
      copies: 1,
      distribution: (list) => {
        const inner = rendezvous(list);
        return {
          ...inner,
          nodes: list,
          owner: (key) => inner.owner(salted(key)),
          owners: (key, count) => inner.owners(salted(key), count),
        };
      },
    });
    for (const key of KEYS) expect((await strange.client.get(key))?.value.toString()).toBe('login');
    const [key = ''] = KEYS;
    await expect.poll(() => known.client.explain(key).mode).toBe('overlap');
    const record = await known.client.get(key);
    await expect(known.client.set(key, 'changed', { ttlSeconds, expect: record })).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
    });
    strange.client.destroy();
    await expect.poll(() => known.client.explain(key).mode, { timeout: 10_000 }).not.toBe('overlap');
    expect(await change(known.client, key, 'changed')).toBe('changed');
  });
});

function salted(key: string): string {
  return `salt/${key}`;
}

async function change(client: Client, key: string, value: string): Promise<string> {
  const record = await client.get(key);
  if (record === undefined) throw new Error(`${key} is missing`);
  return (await client.set(key, value, { ttlSeconds: 600, expect: record })).value.toString();
}
