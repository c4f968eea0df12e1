/**
 * A rolling deploy that gives an application its first `historySecret`: for a while, processes with and without one
 * write the same keys.
 */
import { describe, expect, inject, it } from 'vitest';

import type { ClientOptions } from '../src/options.ts';
import { partyOfEachTest } from './party.ts';

const SECRET: Partial<ClientOptions> = { historySecret: 'the secret of the shop, which its new servers have' };
const ttlSeconds = 600;
const KEYS = Array.from({ length: 24 }, (_, number) => `user/${number}`);

const party = partyOfEachTest();

async function start(runtime: 'memcached' | 'embedded', nodes: number): Promise<string[]> {
  const cluster = await party.start(runtime, nodes);
  return cluster.nodes.map(({ id }) => id);
}

describe.each(inject('mainRuntimes'))('processes without a historySecret beside some with one (%s)', (runtime) => {
  it.each([
    ['one with it after one without', {}, SECRET],
    ['one without it after one with', SECRET, {}],
  ])('see each other’s sessions, changes and logouts while the list stays: %s', async (_, first, second) => {
    const nodes = await start(runtime, 3);
    const [one, other] = [(await party.join(nodes, first)).client, (await party.join(nodes, second)).client];
    for (const key of KEYS) await one.set(key, 'login', { ttlSeconds, expect: 'absent' });
    for (const key of KEYS) {
      await expect(other.set(key, 'again', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
        code: 'SESS_CONFLICT',
      });
      const record = await one.get(key);
      await other.set(key, 'changed', { ttlSeconds, ...(record === undefined ? {} : { expect: record }) });
      expect((await one.get(key))?.value.toString()).toBe('changed');
      expect(await one.delete(key, { ttlSeconds })).toBe(true);
      expect(await other.get(key)).toBeUndefined();
    }
  });

  it.each([
    ['a node that joins', 2, 3],
    ['a node that leaves the list, and stays', 3, 2],
  ])('lose nothing by %s, where each of them knew the list before', async (_, before, after) => {
    const all = await start(runtime, 3);
    const plain = await party.join(all.slice(0, before));
    const signed = await party.join(all.slice(0, before), SECRET);
    for (const [index, key] of KEYS.entries()) {
      await (index % 2 === 0 ? plain : signed).client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    }
    for (const { discovery } of [plain, signed]) discovery.report(...all.slice(0, after));
    for (const { client } of [plain, signed]) {
      for (const key of KEYS) expect((await client.get(key))?.value.toString()).toBe('login');
    }
  });

  it('don’t tell each other of an earlier list: who starts with the secret and another list together misses what is elsewhere', async () => {
    const all = await start(runtime, 3);
    const old = await party.join(all.slice(0, 2), { copies: 1 });
    for (const key of KEYS) await old.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    const young = await party.join(all, { ...SECRET, copies: 1 });
    const moved = KEYS.filter((key) => young.client.explain(key).owners[0] === all[2]);
    expect(moved.length).toBeGreaterThan(0);
    for (const key of KEYS) {
      expect((await young.client.get(key))?.value.toString()).toBe(moved.includes(key) ? undefined : 'login');
    }
  });
});
