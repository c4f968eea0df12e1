import { afterEach, describe, expect, it } from 'vitest';

import { json } from '../run.ts';
import { closeShops, shop } from './shop.ts';

afterEach(closeShops);

const WORDS = 'scale-vertically --type cache.m7g.large --pause 2 --interval 0.1';

describe('sess elasticache scale-vertically', () => {
  it('has AWS replace one node at a time, and loses nothing with two copies', { timeout: 180_000 }, async () => {
    const site = await shop({ nodes: 3, copies: 2, timeScale: 15 });
    const before = site.aws.nodes.map(({ address }) => address);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, site.aws.nodes.filter(({ status }) => status !== 'available').length);
    }, 5);
    const outcome = await site.sess(`${WORDS} --json`);
    clearInterval(watch);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(json(outcome)).toMatchObject({ nodeType: 'cache.m7g.large', percentage: 33 });
    expect(most).toBe(1);
    expect(site.aws.nodes.filter(({ address }) => before.includes(address))).toEqual([]);
    await site.expectNothingMissing();
    expect(await site.sess(WORDS)).toMatchObject({ code: 0, stdout: 'sess-local is cache.m7g.large.\n' });
  });

  it.each([
    ['one copy', { nodes: 3, copies: 1 }],
    ['two copies, where a tenth of the nodes are two', { nodes: 11, copies: 2 }],
  ])('refuses with %s, and changes nothing', async (_, options) => {
    const site = await shop(options);
    const outcome = await site.sess(`${WORDS} --json`);
    expect(outcome.code).toBe(1);
    expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'batches' }] });
    expect(site.aws.status).toBe('available');
  });

  it('says what it would do with --dry-run, and goes on watching what was asked for before', async () => {
    const site = await shop({ nodes: 2, copies: 2, timeScale: 60 });
    expect(await site.sess(`${WORDS} --dry-run`)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('one node'),
    });
    expect(site.aws.status).toBe('available');
    const stop = new AbortController();
    const stopped = site.sess(WORDS, { signal: stop.signal });
    await expect.poll(() => site.aws.status).toBe('modifying');
    stop.abort();
    expect((await stopped).code).toBe(130);
    expect(await site.sess(WORDS)).toMatchObject({ code: 0 });
  });
});
