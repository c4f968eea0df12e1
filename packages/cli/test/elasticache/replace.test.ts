import { afterEach, describe, expect, it } from 'vitest';

import { json } from '../run.ts';
import { crowd } from './crowd.ts';
import { closeShops, shop, whenSaid } from './shop.ts';
import { putCapacity } from './tracking-policy.ts';

afterEach(closeShops);

const QUICK = '--interval 0.1';
const PATIENT = { timeout: 100_000 };

describe('sess elasticache replace', () => {
  it('replaces nodes one after another, in their zones, and nobody notices', { timeout: 180_000 }, async () => {
    const site = await shop({ nodes: 3, zones: ['east-1a', 'east-1b'] });
    const users = await crowd(site.env['SESS_SERVERS'] ?? '');
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, site.aws.nodes.length)), 5);
    const outcome = await site.sess(`replace --ids 0002 0003 --json ${QUICK}`);
    clearInterval(watch);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(most).toBe(4);
    expect(site.aws.nodes.map(({ cacheNodeId, zone }) => [cacheNodeId, zone])).toEqual([
      ['0001', 'east-1a'],
      ['0004', 'east-1b'],
      ['0005', 'east-1a'],
    ]);
    const said = (json(outcome)['steps'] as readonly { readonly what: string }[]).map(({ what }) => what);
    expect(said).toContain('0002 was replaced by 0004');
    expect(said).toContain('0003 was replaced by 0005');
    await expect.poll(() => site.client.topology.nodes.length).toBe(3);
    expect(await users.leave()).toMatchObject({ failures: [], missing: [] });
    await site.expectNothingMissing();
  });

  it('says what it would do with --dry-run, and changes nothing', async () => {
    const site = await shop({ nodes: 2 });
    expect(await site.sess('replace --all --dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0002: AWS would add a node in local-1b, and take 0002 away when it is drained.'),
    });
    expect(site.nodeIds()).toEqual(['0001', '0002']);
    expect(site.client.topology.drains.size).toBe(0);
  });

  it.each(['waiting for a new node', 'has its sessions', 'is drained', 'AWS takes', '0001 was replaced'])(
    'adds no second node when it goes on after Ctrl-C at "%s"',
    { timeout: 180_000 },
    async (said) => {
      const site = await shop({ nodes: 2, timeScale: 100 });
      const words = `replace --ids 0001 ${QUICK}`;
      const stopped = await site.sess(words, { isTTY: true, ...whenSaid(said) });
      expect([0, 130], stopped.stderr).toContain(stopped.code);
      await site.expectNothingMissing();
      await expect.poll(async () => (await site.sess(words)).code, PATIENT).toBe(0);
      await site.aws.settled();
      expect(site.nodeIds()).toEqual(['0002', '0003']);
      await site.expectNothingMissing();
    },
  );

  it('adds no node that auto scaling would take away at once', async () => {
    const site = await shop({ nodes: 3 });
    await putCapacity(site.aws, { min: 2, max: 3 });
    for (const words of ['replace --ids 0002 --json --dry-run', `replace --ids 0002 --json ${QUICK}`]) {
      const outcome = await site.sess(words);
      expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('Raise MaxCapacity to 4') });
      expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'max-capacity' }], steps: [] });
    }
    expect(site.nodeIds()).toEqual(['0001', '0002', '0003']);
    await putCapacity(site.aws, { min: 2, max: 4 });
    expect(await site.sess(`replace --ids 0002 ${QUICK}`)).toMatchObject({ code: 0 });
    expect(site.nodeIds()).toEqual(['0001', '0003', '0004']);
    await site.expectNothingMissing();
  });

  it('goes on where it may not ask for MaxCapacity, and says so', async () => {
    const site = await shop({ nodes: 2 });
    site.aws.refuseNext('DescribeScalableTargets', { code: 'AccessDeniedException', httpStatus: 403 });
    const outcome = await site.sess(`replace --ids 0001 ${QUICK}`);
    expect(outcome, outcome.stderr).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('MinCapacity and MaxCapacity of auto scaling were not checked'),
    });
  });

  it.each([
    ['replace', 2, 'Which nodes'],
    ['replace --all --ids 0001', 2, 'Which nodes'],
    ['replace --ids 0009', 2, 'no node 0009'],
  ])('refuses "%s"', async (words, code, said) => {
    const site = await shop({ nodes: 2 });
    expect(await site.sess(words)).toMatchObject({ code, stderr: expect.stringContaining(said) });
  });

  it('refuses while a node does not answer', async () => {
    const site = await shop({ nodes: 3 });
    await site.aws.crashNode('0003');
    await expect.poll(() => [...site.client.topology.states.values()]).toContain('down');
    const outcome = await site.sess('replace --ids 0001 --json');
    expect(outcome.code).toBe(1);
    expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'node-down' }] });
    expect(site.nodeIds()).toHaveLength(3);
  });
});
