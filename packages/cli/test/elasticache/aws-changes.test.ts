/** Changes by AWS or another person while a command or guard works. */
import { ElastiCache } from '@aws-sdk/client-elasticache';
import { afterEach, expect, it, vi } from 'vitest';

import { json } from '../run.ts';
import { closeShops, onClose, shop, type Shop } from './shop.ts';
import { putTrackingPolicy } from './tracking-policy.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(closeShops);

const CREDENTIALS = { accessKeyId: 'nobody', secretAccessKey: 'looks at it' };
const PATIENT = { timeout: 100_000 };

function elastiCache({ aws }: Shop): ElastiCache {
  const api = new ElastiCache({ endpoint: aws.apiEndpoint, region: 'us-east-1', credentials: CREDENTIALS });
  onClose(async () => api.destroy());
  return api;
}

/** A guard in this process; it ends with the test. */
function guard(site: Shop, words: string): { readonly said: () => string } {
  const stop = new AbortController();
  let said = '';
  const command = `guard --interval 0.2 --lease 3 --cooldown-scale 0 ${words}`;
  const ended = site.sess(command, { signal: stop.signal, heard: (text) => (said += text) });
  onClose(async () => {
    stop.abort();
    await ended;
  });
  return { said: () => said };
}

it('while a node stays "creating" for an hour, nothing is drained; and who was asked to says why not', async () => {
  // AWS's minutes are minutes.
  const site = await shop({ nodes: 3, timeScale: 1 });
  const running = guard(site, '--no-policy --at 00:00=2');
  await elastiCache(site).modifyCacheCluster({
    CacheClusterId: site.aws.clusterId,
    NumCacheNodes: 4,
    ApplyImmediately: true,
  });
  expect(site.aws.status).toBe('modifying');
  await expect.poll(() => running.said(), PATIENT).toContain('This guard is active');
  for (const words of ['scale-in --nodes 2 --json', 'scale-in --ids 0001 --json']) {
    const outcome = await site.sess(words);
    expect(outcome.code).toBe(1);
    expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'cluster-busy' }], steps: [] });
  }
  const replaced = await site.sess('replace --ids 0001 --json --interval 0.1 --timeout 0.1');
  expect(replaced, replaced.stderr).toMatchObject({ code: 1 });
  expect(json(replaced)).toMatchObject({ obstacles: [{ reason: 'cluster-busy' }], steps: [] });
  expect(site.client.topology.drains.size).toBe(0);
  await site.expectNothingMissing();
});

it('a scheduled action that raises the minimum in the middle of a drain keeps the nodes', async () => {
  const site = await shop({ nodes: 3, timeScale: 1_500 });
  await putTrackingPolicy(site.aws, { min: 2, max: 6, isScaleInDisabled: true });
  const timer = setInterval(() => site.aws.putMetric('EngineCPUUtilization', 5), 10);
  onClose(async () => clearInterval(timer));
  const running = guard(site, '--keys-per-second 8');
  await expect.poll(() => site.client.topology.drains.size, PATIENT).toBe(1);
  await putTrackingPolicy(site.aws, { min: 3, max: 6, isScaleInDisabled: true });
  await expect.poll(() => running.said(), PATIENT).toContain('3 nodes are wanted now');
  await expect.poll(() => site.client.topology.rotation.length, PATIENT).toBe(3);
  expect(site.nodeIds()).toEqual(['0001', '0002', '0003']);
  await site.expectNothingMissing();
});

it('a person who adds a node by hand during a scale-in ends it, before anything is removed', async () => {
  const site = await shop({ nodes: 3, timeScale: 600 });
  let isAdded = false;
  const add = (): void => {
    if (isAdded) return;
    isAdded = true;
    void elastiCache(site).modifyCacheCluster({
      CacheClusterId: site.aws.clusterId,
      NumCacheNodes: 4,
      ApplyImmediately: true,
    });
  };
  const outcome = await site.sess('scale-in --nodes 2 --json --interval 0.1 --keys-per-second 20', {
    heard: (text) => void (text.includes('Drain 0003') && add()),
  });
  expect(outcome.code, outcome.stderr).toBe(1);
  expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'cluster-changed' }] });
  expect(outcome.stderr).not.toContain('AWS takes');
  await expect.poll(() => site.nodeIds()).toEqual(['0001', '0002', '0003', '0004']);
  await site.expectNothingMissing();
});
