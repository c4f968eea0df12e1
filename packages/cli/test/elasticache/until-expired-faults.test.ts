/** Nodes that list no keys, to the end: with a kill while the rest of the sessions expires. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';

import { KEYS, run } from '../run.ts';
import { sessProcess } from '../sess-process.ts';
import { closeShops, shop, type Shop } from './shop.ts';

vi.setConfig({ testTimeout: 300_000 });

afterEach(closeShops);

const TTL_SECONDS = 20;
const USED = KEYS.slice(0, 100);
const PATIENT = { timeout: 200_000, interval: 500 };
const EXPIRING = 'all that is only there has expired';

/** Touches the used sessions continuously. The returned function stops that, and resolves to the missing sessions. */
function visits({ client }: Shop): () => Promise<readonly string[]> {
  const over = new AbortController();
  const missing = new Set<string>();
  const visit = async (key: string): Promise<void> => {
    if (!(await client.touch(key, TTL_SECONDS))) missing.add(key);
  };
  const coming = (async () => {
    for (; !over.signal.aborted; await pause(1_000)) await Promise.all(USED.map(visit));
  })();
  return async () => {
    over.abort();
    await coming;
    return [...missing];
  };
}

/** Runs the command in its own process, and kills it when `isTime` returns true. */
async function killed(site: Shop, words: readonly string[], isTime: (said: string) => Promise<boolean>): Promise<void> {
  await using child = sessProcess(['elasticache', ...words, '--cluster', site.aws.clusterId], site.env);
  await expect.poll(() => isTime(child.output + child.errors), PATIENT).toBe(true);
}

it('a guard that is killed while it waits is followed by one that ends the scale-in', async () => {
  const site = await shop({ engineVersion: '1.6.22', nodes: 3, ttlSeconds: TTL_SECONDS });
  const leave = visits(site);
  const times = ['--interval', '0.2', '--lease', '3', '--records', String(TTL_SECONDS)];
  const words = ['guard', '--no-policy', '--at', '00:00=2', '--until-expired', ...times];
  await killed(site, words, async () => {
    const [handover] = site.client.handovers;
    return site.client.topology.drains.size === 1 && handover?.phase === 'handover';
  });
  expect(site.nodeIds()).toHaveLength(3);
  const stop = new AbortController();
  const next = run(['elasticache', ...words, '--cluster', site.aws.clusterId], { env: site.env, signal: stop.signal });
  await expect.poll(() => site.nodeIds(), PATIENT).toEqual(['0001', '0002']);
  stop.abort();
  expect(await next).toMatchObject({ code: 0 });
  expect(await leave()).toEqual([]);
});

it('replace that is killed while it waits longer than its record lives adds no second node', async () => {
  const site = await shop({ engineVersion: '1.6.22', nodes: 2, ttlSeconds: TTL_SECONDS });
  const leave = visits(site);
  const records = ['--records', '10'];
  const words = ['replace', '--ids', '0001', '--until-expired', '--interval', '0.2', ...records];
  await killed(site, words, async (said) => said.includes(EXPIRING));
  expect(site.nodeIds()).toEqual(['0001', '0002', '0003']);
  await expect.poll(async () => (await site.sess(words.join(' '))).code, PATIENT).toBe(0);
  await site.aws.settled();
  expect(site.nodeIds()).toEqual(['0002', '0003']);
  expect(await leave()).toEqual([]);
});
