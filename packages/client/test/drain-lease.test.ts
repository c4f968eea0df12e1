/**
 * A drain is a lease: who drains renews it, and afterwards everybody who lists the node. What nobody renews ends, so no
 * node is left out for good.
 */
import { describe, expect, inject, it } from 'vitest';

import { systemClock, type Clock } from '../src/clock.ts';
import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { pause } from '../src/pause.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const INTERVAL_MS = 100;
const OPTIONS: Partial<ClientOptions> = { copies: 1, historyIntervalMs: INTERVAL_MS };
const KEYS = Array.from({ length: 200 }, (_, number) => `key/${number}`);

const party = partyOfEachTest();

function ownsSome(client: Client, id: string): boolean {
  return KEYS.some((key) => client.explain(key).owners.includes(id));
}

function pass(intervals: number): Promise<void> {
  return pause(systemClock, intervals * INTERVAL_MS, undefined);
}

describe.each(runtimes)('a drain (%s)', (runtime) => {
  it.each([0, 2, 5])(
    'whose process dies after %i intervals is over: the node is put back, for who starts later too',
    async (intervals) => {
      const [, ids] = await party.startNodes(runtime, 3);
      const [id = ''] = ids;
      const [drainer, witness] = [await party.join(ids, OPTIONS), await party.join(ids, OPTIONS)];
      for (const key of KEYS) await witness.client.set(key, 'login', { ttlSeconds: 600 });
      // It dies before all is carried.
      drainer.client.drain(id, { keysPerSecond: 1 }).catch(() => undefined);
      await expect.poll(() => ownsSome(witness.client, id)).toBe(false);
      await pass(intervals);
      // As a crash: nothing is put back.
      drainer.client.destroy();
      await expect.poll(() => ownsSome(witness.client, id), { timeout: 10_000 }).toBe(true);
      const late = await party.join(ids, OPTIONS);
      expect(ownsSome(late.client, id)).toBe(true);
    },
  );

  it.each([
    ['agreeing', 'destroy', {}],
    ['carrying', 'destroy', { keysPerSecond: 1 }],
    ['expiring', 'destroy', { untilExpired: true }],
    ['carrying', 'close', { keysPerSecond: 1 }],
    ['expiring', 'close', { untilExpired: true }],
  ] as const)('that is %s ends with its client (%s), and the node is put back', async (phase, end, options) => {
    const [, ids] = await party.startNodes(runtime, 2);
    const [id = ''] = ids;
    const [drainer, witness] = [await party.join(ids, { ...OPTIONS, timeoutMs: 200 }), await party.join(ids, OPTIONS)];
    for (const key of KEYS) await witness.client.set(key, 'login', { ttlSeconds: 600 });
    const phases: string[] = [];
    const drained = drainer.client.drain(id, { ...options, onProgress: (told) => phases.push(told.phase) });
    const outcome = drained.catch((error: unknown) => error);
    await expect.poll(() => phases).toContain(phase);
    await drainer.client[end]();
    await expect(outcome).resolves.toMatchObject({ code: 'SESS_CLOSED' });
    await expect.poll(() => ownsSome(witness.client, id), { timeout: 10_000 }).toBe(true);
  });

  it('that takes longer than its lease is renewed, and stands afterwards as long as somebody lists the node', async () => {
    const [, ids] = await party.startNodes(runtime, 3);
    const [id = ''] = ids;
    const [drainer, witness] = [await party.join(ids, OPTIONS), await party.join(ids, OPTIONS)];
    const keys = KEYS.filter((key) => drainer.client.explain(key).owners[0] === id);
    for (const key of keys) await drainer.client.set(key, 'login', { ttlSeconds: 600 });
    const startedAt = performance.now();
    // Slow enough for the lease to be over several times.
    const drained = drainer.client.drain(id, { keysPerSecond: Math.ceil(keys.length / 2.5) });
    await expect.poll(() => ownsSome(witness.client, id)).toBe(false);
    expect((await drained).phase).toBe('done');
    expect(performance.now() - startedAt).toBeGreaterThan(9 * INTERVAL_MS);
    drainer.client.destroy();
    await pass(35);
    expect(ownsSome(witness.client, id)).toBe(false);
    const late = await party.join(ids, OPTIONS);
    expect(ownsSome(late.client, id)).toBe(false);
  });

  it.each([1, 2])('of a node that fixed lists drop, and name again later, is over (copies %i)', async (copies) => {
    const [, ids] = await party.startNodes(runtime, 3);
    const [id = '', ...others] = ids;
    const first = await party.join(ids, { ...OPTIONS, copies });
    await first.client.set('longest', 'x', { ttlSeconds: 2 });
    await first.client.drain(id);
    first.client.destroy();
    const without = await party.join(others, { ...OPTIONS, copies });
    await pass(35);
    const again = await party.join(ids, { ...OPTIONS, copies });
    without.client.destroy();
    expect(ownsSome(again.client, id)).toBe(true);
    const late = await party.join(ids, { ...OPTIONS, copies });
    expect(ownsSome(late.client, id)).toBe(true);
  });
});

describe.each(runtimes)('a clock that is wrong for a moment (%s)', (runtime) => {
  it.each([
    ['an hour fast', 3_600_000],
    ['a day fast', 23 * 3_600_000],
    ['an hour slow', -3_600_000],
  ])('and was %s delays no agreement', async (_, offMs) => {
    const [, ids] = await party.startNodes(runtime, 3);
    const [id = ''] = ids;
    let off = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + off };
    const [good] = [await party.join(ids, OPTIONS), await party.join(ids, { ...OPTIONS, clock })];
    await good.client.set('longest', 'x', { ttlSeconds: 600 });
    off = offMs;
    await pass(5);
    off = 0;
    const waits: number[] = [];
    const { phase } = await good.client.drain(id, { onProgress: ({ agreedInMs }) => waits.push(agreedInMs) });
    expect(phase).toBe('done');
    expect(Math.max(...waits)).toBeLessThan(60_000);
  });
});
