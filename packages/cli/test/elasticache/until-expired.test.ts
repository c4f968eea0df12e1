/** Nodes that list no keys, like those of ElastiCache from memcached 1.6.17: only expiry empties them. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';

import { json, KEYS } from '../run.ts';
import { closeShops, shop, type Shop } from './shop.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(closeShops);

const ENGINE = { engineVersion: '1.6.22' };
const TTL_SECONDS = 20;
const USED = KEYS.slice(0, 100);

/** Touches the used sessions continuously. The returned function stops that, and resolves to the missing sessions. */
function visits({ client }: Shop): () => Promise<readonly string[]> {
  const over = new AbortController();
  const missing = new Set<string>();
  const coming = (async () => {
    while (!over.signal.aborted) {
      await Promise.all(
        USED.map(async (key) => {
          if (!(await client.touch(key, TTL_SECONDS))) missing.add(key);
        }),
      );
      await pause(1_000);
    }
  })();
  return async () => {
    over.abort();
    await coming;
    return [...missing];
  };
}

describe.each(inject('mainRuntimes'))('nodes that list no keys (%s)', (runtime) => {
  it('are taken away when all that is only there has expired, and nobody who comes is logged out', async () => {
    const site = await shop({ ...ENGINE, runtime, nodes: 3, ttlSeconds: TTL_SECONDS });
    const leave = visits(site);
    const refused = await site.sess('scale-in --nodes 2 --interval 0.1 --json');
    expect(refused.code).toBe(1);
    expect(json(refused)).toMatchObject({ obstacles: [{ reason: 'lists-no-keys' }], steps: [] });
    expect(refused.stdout).toContain('--until-expired');
    expect(site.client.topology.drains.size).toBe(0);
    let said = '';
    const outcome = await site.sess('scale-in --nodes 2 --interval 0.1 --until-expired', {
      isTTY: true,
      heard: (text) => (said += text),
    });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(said).toMatch(/0003: all that is only there has expired at 20\d\d-.+, in \d+/);
    expect(site.nodeIds()).toEqual(['0001', '0002']);
    expect(await leave()).toEqual([]);
  });
});

it.each([
  ['replace --ids 0002', 1],
  ['scale-vertically --type cache.m7g.large', 2],
])('`sess elasticache %s` refuses before it changes anything', async (words, copies) => {
  const site = await shop({ ...ENGINE, nodes: 3, copies });
  const outcome = await site.sess(`${words} --json`);
  expect(outcome.code).toBe(1);
  expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'lists-no-keys' }] });
  expect(outcome.stdout).toContain('--until-expired');
  expect(site.aws.status).toBe('available');
  expect(site.nodeIds()).toHaveLength(3);
});

it('scale-vertically goes on where sessions live no longer than the pause', async () => {
  const site = await shop({ ...ENGINE, nodes: 3, copies: 2 });
  expect(await site.sess('scale-vertically --type cache.m7g.large --until-expired --dry-run')).toMatchObject({
    code: 0,
  });
});
