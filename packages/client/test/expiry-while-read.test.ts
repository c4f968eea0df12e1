/** A record that is read all the time ends all the same, also while reads restore its copies. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';

import { textTransport } from '../src/transport/text/index.ts';
import { partyOfEachTest } from './party.ts';

const party = partyOfEachTest();

describe.each(inject('mainRuntimes'))('records with a time to live (%s)', (runtime) => {
  it.each(['meta', 'classic'] as const)('end while they are read, before all clients agree (%s)', async (dialect) => {
    const [, ids] = await party.startNodes(runtime, 3);
    const options = { transport: textTransport({ dialect }), historyIntervalMs: 10_000 };
    await party.join(ids, { ...options, copies: 1 });
    const { client } = await party.join(ids, { ...options, copies: 2 });
    const keys = Array.from({ length: 20 }, (_, number) => `short-${number}`);
    await Promise.all(keys.map((key) => client.set(key, 'value', { ttlSeconds: 2 })));
    expect(new Set(keys.map((key) => client.explain(key).mode))).toContain('overlap');
    const left = async (): Promise<number> =>
      (await Promise.all(keys.map((key) => client.get(key)))).filter((record) => record !== undefined).length;
    await expect.poll(left, { interval: 20, timeout: 10_000 }).toBe(0);
    expect(new Set(keys.map((key) => client.explain(key).mode))).toContain('overlap');
  });

  it.each(['meta', 'classic'] as const)(
    'end while readers in zones of their own read their copies (%s)',
    async (dialect) => {
      const [cluster, ids] = await party.startNodes(runtime, 2);
      const zoneOf = ({ id }: { readonly id: string }): string => (id === ids[0] ? 'a' : 'b');
      const near = (zone: string) =>
        party.join(ids, { transport: textTransport({ dialect }), copies: 2, zone, zoneOf, reads: 'near' });
      const readers = [(await near('a')).client, (await near('b')).client];
      const [writer] = readers;
      const keys = Array.from({ length: 40 }, (_, number) => `short-${number}`);
      await expect.poll(() => readers.map((reader) => reader.explain('short-0').mode)).toEqual(['settled', 'settled']);
      await Promise.all(keys.map((key) => writer?.set(key, 'value', { ttlSeconds: 3 })));
      // Restored from the other one in the middle of its life, a copy ends later.
      await setTimeout(1_500);
      for (const key of keys) await party.evict(cluster, ids[0] ?? '', key);
      const left = async (): Promise<number> => {
        const found = await Promise.all(readers.flatMap((reader) => keys.map((key) => reader.get(key))));
        return found.filter((record) => record !== undefined).length;
      };
      await expect.poll(left, { interval: 20, timeout: 10_000 }).toBe(0);
    },
  );
});
