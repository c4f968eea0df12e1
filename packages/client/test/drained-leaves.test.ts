/** A node that was drained and is stopped before it is taken off the list: nothing is out of reach. */
import { describe, expect, inject, it } from 'vitest';

import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const LONG = { timeout: 120_000 };
const ttlSeconds = 600;
const KEYS = Array.from({ length: 120 }, (_, number) => `session-${number}`);

const party = partyOfEachTest();

describe.each(runtimes)('a node that was drained and is stopped (%s)', (runtime) => {
  it.each([1, 2])('is not waited for, though it is listed yet (copies %i)', LONG, async (copies) => {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    // The application looks at the history more rarely than it takes to stop the node.
    const options = { copies, handover: { clockSkewMs: 0, finish: false } };
    const tool = await party.join(ids, { ...options, historyIntervalMs: 2_000 });
    const application = await party.join(ids, { ...options, historyIntervalMs: 2_000 });
    const { client } = application;
    for (const key of KEYS) await client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' });
    const [, , last = ''] = ids;
    await tool.client.drain(last);
    // As ElastiCache does it: the node is dead before the list forgets it.
    await cluster.crashNode(last);
    await expect.poll(() => client.topology.states.get(last)).toBe('down');
    const unknown = Array.from({ length: 60 }, (_, number) => `unknown-${number}`);
    expect(await Promise.all(unknown.map((key) => client.get(key)))).toEqual(unknown.map(() => undefined));
    const found = await Promise.all(KEYS.map((key) => client.get(key)));
    expect(found.map((record) => record?.value.toString())).toEqual(KEYS.map((key) => `value of ${key}`));
    for (const key of KEYS.slice(0, 40)) expect(await client.touch(key, ttlSeconds)).toBe(true);
    for (const [index, record] of found.slice(0, 40).entries())
      await client.set(KEYS[index] ?? '', 'changed', { ttlSeconds, expect: record ?? 'absent' });
    for (const key of KEYS.slice(0, 40)) expect(await client.delete(key, { ttlSeconds })).toBe(true);
  });

  it.each([1, 2])('is not needed for what its owners hold, though it hangs (copies %i)', LONG, async (copies) => {
    const cluster = await party.start(runtime, 4);
    const [joining = '', ...ids] = cluster.nodes.map(({ id }) => id);
    const options = { copies, timeoutMs: 500, handover: { clockSkewMs: 0, finish: false } };
    const tool = await party.join(ids, options);
    const { client, discovery } = await party.join(ids, options);
    for (const key of KEYS) await client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' });
    const [, , last = ''] = ids;
    await tool.client.drain(last);
    await expect.poll(() => [...client.topology.drains.values()]).toEqual(['drained']);
    // Another change: all records are from before it, so their earlier owners are asked.
    for (const told of [tool.discovery, discovery]) told.report(joining, ...ids);
    await expect.poll(() => KEYS.some((key) => client.explain(key).owners.includes(joining))).toBe(true);
    await expect.poll(() => KEYS.some((key) => client.explain(key).mode === 'overlap')).toBe(false);
    expect(KEYS.some((key) => client.explain(key).elders.includes(last))).toBe(true);
    await cluster.pauseNode(last);
    const found = await Promise.all(KEYS.map((key) => client.get(key)));
    expect(found.map((record) => record?.value.toString())).toEqual(KEYS.map((key) => `value of ${key}`));
  });
});
