/** Records of a process whose clock was an hour fast: their versions are in the future for an hour. */
import { describe, expect, inject, it } from 'vitest';

import { systemClock, type Clock } from '../src/clock.ts';
import type { Client } from '../src/contract.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const HOUR_MS = 3_600_000;
const FAST: Clock = { ...systemClock, now: () => Date.now() + HOUR_MS };
const KEYS = Array.from({ length: 60 }, (_, number) => `session-${number}`);
const CHANGED = KEYS.filter((_, index) => index % 3 === 0);
const DESTROYED = KEYS.filter((_, index) => index % 3 === 1);

const party = partyOfEachTest();

async function change(client: Client, value: string): Promise<void> {
  for (const key of CHANGED) {
    const record = await client.get(key);
    await client.set(key, value, { ttlSeconds, expect: record ?? 'absent' });
  }
}

async function expectAll(client: Client, changed: string): Promise<void> {
  for (const key of KEYS) {
    const expected = CHANGED.includes(key) ? changed : DESTROYED.includes(key) ? undefined : 'by a fast clock';
    expect((await client.get(key))?.value.toString(), key).toBe(expected);
  }
}

describe.each(runtimes)('records of a process whose clock was fast (%s)', (runtime) => {
  it.each([1, 2])('are changed, ended and carried like others (copies %i)', { timeout: 120_000 }, async (copies) => {
    const cluster = await party.start(runtime, 4);
    const [leaving = '', joining = '', ...rest] = cluster.nodes.map(({ id }) => id);
    const fast = await party.join([leaving, ...rest], { copies, clock: FAST });
    for (const key of KEYS) await fast.client.set(key, 'by a fast clock', { ttlSeconds, expect: 'absent' });
    await fast.client.close();
    const { client, discovery } = await party.join([leaving, ...rest], { copies });
    const all = [leaving, joining, ...rest];
    discovery.report(...all);
    await expect.poll(() => KEYS.some((key) => client.explain(key).owners[0] === joining)).toBe(true);
    await change(client, 'in the overlap');
    for (const key of DESTROYED) expect(await client.delete(key, { ttlSeconds })).toBe(true);
    await expectAll(client, 'in the overlap');
    await expect.poll(() => KEYS.some((key) => client.explain(key).mode === 'overlap')).toBe(false);
    await expectAll(client, 'in the overlap');
    // Off the list, and on it again with what it held.
    await client.drain(leaving);
    discovery.report(...all.filter((id) => id !== leaving));
    await expect.poll(() => client.topology.nodes.length).toBe(all.length - 1);
    await change(client, 'without the node');
    await expect.poll(() => KEYS.some((key) => client.explain(key).mode === 'overlap')).toBe(false);
    discovery.report(...all);
    await expect.poll(() => KEYS.some((key) => client.explain(key).owners[0] === leaving)).toBe(true);
    await expectAll(client, 'without the node');
    await expect.poll(() => KEYS.some((key) => client.explain(key).mode === 'overlap')).toBe(false);
    await expectAll(client, 'without the node');
    const late = await party.join(all, { copies });
    await expectAll(late.client, 'without the node');
  });
});
