/**
 * Windows that overlap: what is written to an earlier owner ends with that owner's own window, not with the last one of
 * all.
 */
import { describe, expect, inject, it } from 'vitest';

import { pause } from '../src/pause.ts';
import { systemClock } from '../src/clock.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const TTL_SECONDS = 8;

const party = partyOfEachTest();

describe.each(runtimes)('an earlier owner with a window of its own (%s)', (runtime) => {
  it(
    'holds nothing for longer: two scale-ups, a logout after the first window, two removals',
    { timeout: 40_000 },
    async () => {
      const cluster = await party.start(runtime, 3);
      const [first = '', second = '', third = ''] = cluster.nodes.map(({ id }) => id);
      const { client, discovery } = await party.join([first], { copies: 1 });
      const startedAt = Date.now();
      const at = (seconds: number): Promise<void> =>
        pause(systemClock, Math.max(0, startedAt + seconds * 1000 - Date.now()), undefined);
      const change = async (keys: readonly string[]): Promise<void> => {
        for (const key of keys)
          await client.set(key, 'changed', { ttlSeconds: TTL_SECONDS, expect: (await client.get(key)) ?? 'absent' });
      };
      let keys: readonly string[] = Array.from({ length: 100 }, (_, number) => `user/${number}`);
      for (const key of keys) await client.set(key, 'login', { ttlSeconds: TTL_SECONDS, expect: 'absent' });
      discovery.report(first, second);
      keys = keys.filter((key) => client.explain(key).owners[0] === second);
      await at(4);
      discovery.report(first, second, third);
      keys = keys.filter((key) => client.explain(key).owners[0] === third);
      await at(5);
      await change(keys);
      await at(7.5);
      await change(keys);
      expect(keys.length).toBeGreaterThan(3);
      // The window of the second scale-up is open yet, that of the first is over.
      const isAsked = (id: string): boolean => client.explain(keys[0] ?? '').elders.includes(id);
      await expect.poll(() => isAsked(first), { timeout: 10_000 }).toBe(false);
      expect(isAsked(second)).toBe(true);
      for (const key of keys) expect(await client.delete(key, { ttlSeconds: TTL_SECONDS })).toBe(true);
      discovery.report(first);
      for (const id of [second, third]) await cluster.crashNode(id);
      await expect
        .poll(() => keys.every((key) => client.explain(key).owners[0] === first && !isAsked(second)), {
          timeout: 5_000,
        })
        .toBe(true);
      for (const key of keys) expect(await client.get(key)).toBeUndefined();
    },
  );
});
