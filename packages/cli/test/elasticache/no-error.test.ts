/** Users notice nothing when nodes are removed. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';

import { json, run } from '../run.ts';
import { crowd } from './crowd.ts';
import { closeShops, shop } from './shop.ts';

afterEach(closeShops);

/** Long enough that the servers learn of a change one after another, with reads in between. */
const historyIntervalMs = 1_000;

describe.each(inject('mainRuntimes'))('no request fails (%s)', (runtime) => {
  it('when nodes are scaled in', { timeout: 120_000 }, async () => {
    const site = await shop({ runtime, timeScale: 60, historyIntervalMs });
    const users = await crowd(site.env['SESS_SERVERS'] ?? '');
    const outcome = await site.sess('scale-in --nodes 2 --interval 0.1');
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    // Their lists are as current as AWS's.
    await expect.poll(() => site.client.topology.nodes.length).toBe(2);
    await pause(historyIntervalMs);
    expect(await users.leave()).toMatchObject({ failures: [], missing: [] });
  });

  it('when a node stops that has drained itself', { timeout: 120_000 }, async () => {
    const site = await shop({ runtime, historyIntervalMs });
    const users = await crowd(site.env['SESS_SERVERS'] ?? '');
    const [, second] = site.aws.nodes;
    const outcome = await run(['drain', '--self', '--node', second?.id ?? ''], { env: site.env });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    await site.aws.crashNode('0002');
    await expect.poll(() => site.client.topology.states.get(second?.id ?? '')).toBe('down');
    await pause(historyIntervalMs);
    expect(await users.leave()).toMatchObject({ failures: [], missing: [] });
  });
});

it('goes on, and says so, where nobody finishes the handover', { timeout: 120_000 }, async () => {
  const site = await shop({ nodes: 3, historyIntervalMs: 100, finish: false });
  const outcome = await site.sess('scale-in --nodes 2 --interval 0.1 --json');
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  expect(json(outcome)['steps']).toContainEqual(
    expect.objectContaining({ what: expect.stringContaining('Nobody finishes the handover of 0003') }),
  );
  await site.expectNothingMissing();
});
