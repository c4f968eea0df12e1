import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import { CountersOfNodes, type NodeWithStats } from './node-counters.ts';

/** A node whose counters a test sets. */
function telling(counters: Record<string, number>): NodeWithStats & { asked: number; epoch: number } {
  return {
    id: 'a:1',
    epoch: 1,
    asked: 0,
    async stats() {
      this.asked += 1;
      return new Map(Object.entries(counters).map(([name, value]) => [name, String(value)]));
    },
  };
}

describe('the counters of a node', () => {
  it('are asked for once a second, and again on another connection', async () => {
    const clock = new FakeClock();
    const counters = new CountersOfNodes(clock);
    const node = telling({ uptime: 60 });
    await Promise.all([counters.of(node, undefined), counters.of(node, undefined)]);
    await clock.pass(999);
    await counters.of(node, undefined);
    expect(node.asked).toBe(1);
    await clock.pass(1);
    await counters.of(node, undefined);
    expect(node.asked).toBe(2);
    node.epoch = 2;
    await counters.of(node, undefined);
    expect(node.asked).toBe(3);
  });

  it('are those since a moment at which somebody else asked, as who collects metrics does', async () => {
    const clock = new FakeClock();
    const counters = new CountersOfNodes(clock);
    const told = { uptime: 60, evictions: 7 };
    const node = telling(told);
    counters.remember(node, await node.stats('general'), clock.now());
    const seenAt = clock.now();
    await clock.pass(5_000);
    Object.assign(told, { uptime: 65, evictions: 9 });
    expect(await counters.of(node, seenAt)).toMatchObject({ evictions: 2, isSince: true });
  });

  it('are those since a moment, where the node was asked before it', async () => {
    const clock = new FakeClock();
    const counters = new CountersOfNodes(clock);
    const told = { uptime: 60, evictions: 7, cmd_flush: 1 };
    const node = telling(told);
    const started = clock.now();
    expect(await counters.of(node, started - 1)).toMatchObject({ evictions: 7, flushes: 1, isSince: false });
    await clock.pass(20_000);
    Object.assign(told, { uptime: 80, evictions: 9 });
    expect(await counters.of(node, started - 1)).toMatchObject({ evictions: 9, flushes: 1 });
    expect(await counters.of(node, started + 1)).toMatchObject({ evictions: 2, flushes: 0, isSince: true });
    // The node restarted and counts from zero.
    await clock.pass(20_000);
    Object.assign(told, { uptime: 5, evictions: 3 });
    expect(await counters.of(node, started + 1)).toMatchObject({ startedAt: clock.now() - 6_000, evictions: 3 });
  });

  it('are unknown where a node does not tell', async () => {
    const counters = new CountersOfNodes(new FakeClock());
    const mute: NodeWithStats = { id: 'a:1', epoch: 1, stats: () => Promise.reject(new Error('no')) };
    expect(await counters.of(mute, undefined)).toBeUndefined();
    expect(await counters.of(telling({}), undefined)).toBeUndefined();
  });
});
