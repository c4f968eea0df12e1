import { afterEach, describe, expect, it, vi } from 'vitest';

import { json, run } from '../run.ts';
import { guard, state, stopGuards } from './running-guard.ts';
import { onClose, settled, shop, type Shop } from './shop.ts';
import { putCapacity, putTrackingPolicy } from './tracking-policy.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(stopGuards);

/** A policy on AWS's side, and a load that the nodes share. */
async function scaled(
  { aws }: Shop,
  { min, isScaleInDisabled }: { readonly min: number; readonly isScaleInDisabled: boolean },
): Promise<{ total: number }> {
  await putTrackingPolicy(aws, { min, max: 8, isScaleInDisabled });
  const load = { total: 50 * min };
  const timer = setInterval(() => aws.putMetric('EngineCPUUtilization', load.total / aws.nodes.length), 10);
  onClose(async () => clearInterval(timer));
  return load;
}

describe('sess elasticache guard', () => {
  it('scales in as the load falls, where AWS only scales out, and nobody is logged out', async () => {
    const site = await shop({ nodes: 3, timeScale: 1_500 });
    const load = await scaled(site, { min: 2, isScaleInDisabled: true });
    const running = guard(site);
    load.total = 250;
    await expect.poll(() => site.nodeIds().length, { timeout: 60_000 }).toBe(5);
    load.total = 30;
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002']);
    await site.expectNothingMissing();
    await expect.poll(async () => (await state(running))['totals']).toMatchObject({ removedNodes: 3 });
    expect((await state(running))['warnings']).toEqual([]);
    const metrics = await (await fetch(`${running.url()}/metrics`)).text();
    expect(metrics).toContain('sess_guard_removed_nodes_total{cluster="sess-local"} 3\n');
    expect((await fetch(`${running.url()}/health`)).status).toBe(200);
  });

  it('is seen by sess status: which one is active, what it does, since when, and its last error', async () => {
    const site = await shop({ nodes: 3 });
    const status = async (): Promise<string> => (await run(['status'], { env: site.env, columns: 200 })).stdout;
    expect(await status()).not.toContain('uard');
    site.aws.refuseNext('ModifyCacheCluster', { code: 'AccessDenied', message: 'not allowed', httpStatus: 403 });
    for (let times = 0; times < 10_000; times += 1)
      site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    const running = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(status, { timeout: 60_000 }).toMatch(/last error, \d+.* ago: /);
    const words = await status();
    expect(words).toContain('3 nodes, of which 2 are wanted.');
    expect(words).toMatch(/Guard .+\/.+ of sess-local has been active for .+, for \d+/);
    const { guard: said } = json(await run(['status', '--json'], { env: site.env }));
    expect(said).toMatchObject({ guard: { role: 'active', clusterId: 'sess-local', removing: ['0003'] } });
    await running.stop();
    expect(await status()).toMatch(/No guard is active: .+ was stopped \d+/);
  });

  it('warns where AWS’s policy scales in by itself', async () => {
    const site = await shop({ nodes: 3 });
    const load = await scaled(site, { min: 3, isScaleInDisabled: false });
    load.total = 120;
    const running = guard(site);
    await expect
      .poll(async () => (await state(running))['warnings'])
      .toEqual([expect.stringContaining('DisableScaleIn')]);
  });

  it('follows a schedule no further than the minimum of auto scaling, also without a policy', async () => {
    const site = await shop({ nodes: 4 });
    await putCapacity(site.aws, { min: 3, max: 9 });
    const running = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(async () => (await state(running))['warnings']).toEqual([expect.stringContaining('MinCapacity')]);
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002', '0003']);
    await site.expectNothingMissing();
    await expect.poll(async () => await state(running)).toMatchObject({ nodes: 3, wanted: 3, removing: [] });
    await putCapacity(site.aws, { min: 2, max: 9 });
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002']);
    await site.expectNothingMissing();
  });

  it('puts nodes back that are wanted again while AWS is busy, for however long', async () => {
    const site = await shop({ nodes: 3, timeScale: 1_500 });
    const load = await scaled(site, { min: 2, isScaleInDisabled: true });
    load.total = 30;
    for (let times = 0; times < 10_000; times += 1)
      site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    const running = guard(site);
    await expect
      .poll(async () => (await state(running))['doing'], { timeout: 60_000 })
      .toContain('InvalidCacheClusterState');
    load.total = 140;
    await expect.poll(() => running.said(), { timeout: 60_000 }).toContain('0003 is wanted again: back in rotation');
    expect(site.nodeIds()).toHaveLength(3);
    await expect.poll(() => site.client.topology.rotation.length).toBe(3);
    await site.expectNothingMissing();
  });

  it('drains a node before AWS replaces it, and takes it back afterwards', async () => {
    const site = await shop({ nodes: 3 });
    const running = guard(site, '--no-policy');
    site.aws.announceReplacement(['0002']);
    const second = site.aws.nodes[1]?.id ?? '';
    await expect.poll(() => site.client.topology.drains.get(second)).toBe('drained');
    expect(await state(running)).toMatchObject({ replacing: ['0002'] });
    await site.expectNothingMissing();
    site.aws.replaceNodes(['0002']);
    await site.aws.settled();
    await expect.poll(() => site.client.topology.rotation, { timeout: 60_000 }).toContain(second);
    await site.expectNothingMissing();
    await expect
      .poll(() => state(running), { timeout: 60_000 })
      .toMatchObject({ replacing: [], totals: { drainedReplacements: 1 } });
  });

  it.each([2, 3])('is not held up by one of %i nodes that died before AWS replaces it', async (nodes) => {
    const site = await shop({ nodes, copies: 2 });
    const running = guard(site, '--no-policy');
    const [, second] = site.aws.nodes;
    await site.aws.crashNode('0002');
    await expect.poll(() => site.client.topology.states.get(second?.id ?? '')).toBe('down');
    site.aws.announceReplacement(['0002']);
    await expect.poll(async () => (await state(running))['replacing']).toEqual(['0002']);
    const seenAt = Date.now();
    await expect
      .poll(async () => {
        const { lastRoundAt, error } = await state(running);
        return Number(lastRoundAt) > seenAt && error === undefined;
      })
      .toBe(true);
  });

  it('keeps the last nodes empty with --pre-drain, so that AWS may take them as it likes', async () => {
    const site = await shop({ nodes: 4, timeScale: 1_500 });
    const running = guard(site, '--no-policy --pre-drain 1');
    const ids = site.aws.nodes.map(({ id }) => id);
    const drained = (): readonly string[] =>
      [...site.client.topology.drains].flatMap(([id, is]) => (is === 'drained' ? id : []));
    await expect.poll(drained).toEqual([ids[3]]);
    const load = await scaled(site, { min: 3, isScaleInDisabled: false });
    load.total = 10;
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002', '0003']);
    await site.expectNothingMissing();
    await expect.poll(drained, { timeout: 60_000 }).toEqual([ids[2]]);
    await site.expectNothingMissing();
    expect(await state(running)).toMatchObject({ preDrained: ['0003'] });
  });

  it('does not empty the last node where the others have no room for what it holds', async () => {
    const site = await shop({ nodes: 2, memoryMegabytes: 1 });
    await site.fill(120);
    const running = guard(site, '--no-policy --pre-drain 1');
    await expect.poll(async () => (await state(running))['obstacles']).toMatchObject([{ reason: 'memory' }]);
    expect(site.client.topology.drains.size).toBe(0);
  });

  it('says what is in the way on nodes that list no keys, and of replacements what is lost', async () => {
    const site = await shop({ nodes: 3, engineVersion: '1.6.22' });
    const running = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(async () => (await state(running))['obstacles']).toMatchObject([{ reason: 'lists-no-keys' }]);
    site.aws.announceReplacement(['0003']);
    await expect
      .poll(async () => (await state(running))['warnings'])
      .toEqual([expect.stringContaining('AWS will replace 0003, and sessions are lost with it')]);
    expect(await state(running)).toMatchObject({ totals: { failedRounds: 0 } });
    expect(site.client.topology.drains.size).toBe(0);
  });

  it('drains such nodes for as long as sessions live, says until when, and takes them back when they are wanted', async () => {
    const site = await shop({ nodes: 3, engineVersion: '1.6.22', timeScale: 1_500 });
    const load = await scaled(site, { min: 2, isScaleInDisabled: true });
    load.total = 30;
    const running = guard(site, '--until-expired');
    await expect
      .poll(async () => (await state(running))['doing'], { timeout: 60_000 })
      .toMatch(/0003: all that is only there has expired at 20\d\d-/);
    load.total = 140;
    await expect.poll(() => running.said(), { timeout: 60_000 }).toContain('3 nodes are wanted now');
    await expect.poll(() => site.client.topology.rotation.length, { timeout: 60_000 }).toBe(3);
    expect(site.nodeIds()).toHaveLength(3);
    await site.expectNothingMissing();
  });

  it('scales in only when nothing of another change is on its way', async () => {
    const site = await shop({ nodes: 4 });
    await site.client.drain(site.aws.nodes[0]?.id ?? '');
    await site.client.putBack(site.aws.nodes[0]?.id ?? '');
    const running = guard(site, '--no-policy --at 00:00=3');
    await settled(site);
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002', '0003']);
    expect(running.said()).not.toContain('Failed');
    await site.expectNothingMissing();
  });

  it.each([
    ['--at 25:00=3', '--at: expected HH:MM=NODES'],
    ['--at 10:00=0', '--at: expected HH:MM=NODES'],
    ['--listen nowhere', '--listen: expected HOST:PORT'],
    ['--pre-drain 0', 'whole number'],
  ])('refuses %s', async (words, said) => {
    const site = await shop({ nodes: 1 });
    const outcome = await site.sess(`guard --no-policy ${words}`);
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});
