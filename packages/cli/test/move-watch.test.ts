import { startLocalCluster } from '@sess/local-cluster';
import { expect, inject, it } from 'vitest';

import { observe } from '../src/cluster/observed-cluster.ts';
import { MoveWatch, type MoveProgress } from '../src/cluster/move-watch.ts';
import { clusterSettings } from '../src/cluster/settings.ts';
import { clusterStatus } from '../src/commands/status.ts';
import { progressText } from '../src/output/format.ts';
import { application, SECRET } from './run.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

it('a drain by another process is seen to be as far as it is, and ends', { timeout: 240_000 }, async () => {
  await using cluster = await startLocalCluster({ nodes: 3, runtime });
  const servers = `elasticache://${cluster.configurationEndpoint}?historyIntervalMs=400&clockSkewMs=0`;
  const keys = Array.from({ length: 900 }, (_, number) => `s/moved-${number}`);
  await using client = await application(servers, keys);
  const [id = ''] = cluster.nodes.map((node) => node.id);
  const onNode = keys.filter((key) => client.explain(key).owners[0] === id).length;
  const settings = clusterSettings(undefined, { SESS_SERVERS: servers, SESS_SECRET: SECRET });
  const observed = await observe(settings);
  const moves = new MoveWatch(observed);
  const progressOf = async (): Promise<MoveProgress | undefined> => {
    const { nodes, handovers } = await clusterStatus(observed, settings);
    return (await moves.find(nodes, handovers)).get(id);
  };
  expect(await progressOf()).toBeUndefined();

  let looked = 0;
  const ending = new AbortController();
  // Slow enough to be observed; stopped afterwards.
  const drained = client.drain(id, {
    keysPerSecond: 40,
    signal: ending.signal,
    onProgress: ({ keys: amount }) => void (looked = amount),
  });
  const seen: { readonly before: number; readonly progress: MoveProgress; readonly after: number }[] = [];
  const follow = async (): Promise<boolean> => {
    const before = looked;
    const progress = await progressOf();
    // A node that was listed too early is listed again.
    if (progress !== undefined && progress.sessions > 0) seen.push({ before, progress, after: looked });
    return seen.some((one) => one.progress.moved > 0.2 && one.progress.perSecond !== undefined);
  };
  await expect.poll(follow, { timeout: 60_000 }).toBe(true);
  for (const { before, progress, after } of seen) {
    expect(progress.sessions).toBeGreaterThan(0.8 * onNode);
    expect(progress.sessions).toBeLessThanOrEqual(onNode);
    // Only approximate: the figure is a sample, and a batch may be in flight.
    const arrived = progress.moved * progress.sessions;
    expect(arrived).toBeGreaterThanOrEqual(before - 0.3 * onNode);
    expect(arrived).toBeLessThanOrEqual(after + 0.3 * onNode);
  }
  // The command's own requests are counted separately from those of users.
  const asked = [...moves.looks.values()];
  expect(asked.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(0);
  ending.abort();
  await expect(drained).rejects.toMatchObject({ code: 'SESS_ABORTED' });
  await expect.poll(progressOf).toBeUndefined();
  moves.close();
  await observed.close();
});

it('says how many, how fast, and until when', () => {
  const progress = { sessions: 12_345, moved: 0.63, perSecond: 410, secondsLeft: 11.2 };
  expect(progressText(progress)).toBe('about 7,777 of 12,345 sessions moved (63 %), 410 a second, 12 s left');
  expect(progressText({ ...progress, perSecond: undefined, secondsLeft: undefined })).toBe(
    'about 7,777 of 12,345 sessions moved (63 %)',
  );
  expect(progressText({ ...progress, sessions: 0 })).toBe('No session has to move.');
});
