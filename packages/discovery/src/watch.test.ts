import { describe, expect, it } from 'vitest';
import { ManualClock } from '../test/manual-clock.ts';
import { RecordingListener } from '../test/recording-listener.ts';
import { clusterNode, topologyOf } from './topology-value.ts';
import type { Topology } from './topology.ts';
import { type Finding, startWatch } from './watch.ts';

const topologyWith = (...hosts: readonly string[]): Topology =>
  topologyOf(hosts.map((host) => clusterNode({ host, port: 1 })));

/** A watch whose looks end when the test ends them. */
function setUp(listener = new RecordingListener()) {
  const clock = new ManualClock();
  const looks: { find: (...hosts: readonly string[]) => void; fail: (message: string) => void; signal: AbortSignal }[] =
    [];
  const watch = startWatch(
    {
      source: 'a test',
      look: (_current, signal) =>
        new Promise<Finding>((resolve, reject) => {
          looks.push({
            find: (...hosts) => resolve({ topology: topologyWith(...hosts), answeredBy: 'test' }),
            fail: (message) => reject(new Error(message)),
            signal,
          });
        }),
      pollIntervalMs: 60_000,
      environment: { clock, random: () => 0.5 },
    },
    listener,
  );
  return { clock, looks, watch, listener };
}

describe('a watch', () => {
  it('looks at once, tells what it found, and is ready', async () => {
    const { looks, watch, listener } = setUp();
    const ready = watch.ready();
    looks[0]?.find('a', 'b');
    expect((await ready).nodes.map(({ id }) => id)).toEqual(['a:1', 'b:1']);
    expect(listener.ids).toEqual(['a:1', 'b:1']);
    expect(await watch.ready()).toBe(listener.topologies[0]);
  });

  it('looks again after the poll interval, and tells only what differs', async () => {
    const { clock, looks, watch, listener } = setUp();
    looks[0]?.find('a');
    await watch.ready();
    for (const hosts of [['a'], ['a', 'b'], ['a', 'b'], ['b', 'a']]) {
      clock.advance(60_000);
      const look = watch.refresh();
      looks.at(-1)?.find(...hosts);
      await look;
    }
    expect(looks).toHaveLength(5);
    expect(listener.topologies.map((topology) => topology.nodes.map(({ host }) => host).join(' '))).toEqual([
      'a',
      'a b',
      'b a',
    ]);
  });

  it('rejects ready() when the first look fails, tells the listener, and goes on looking', async () => {
    const { clock, looks, watch, listener } = setUp();
    const ready = watch.ready();
    looks[0]?.fail('no route');
    await expect(ready).rejects.toThrow('no route');
    expect(listener.errors.map(({ message }) => message)).toEqual(['no route']);

    const later = watch.ready();
    clock.advance(1_000);
    looks[1]?.find('a');
    expect((await later).nodes).toHaveLength(1);
  });

  it('tries sooner after a failure, with growing pauses, and keeps its last topology', async () => {
    const { clock, looks, watch, listener } = setUp();
    looks[0]?.find('a');
    const topology = await watch.ready();
    const pauses: number[] = [];
    for (let failures = 1; failures <= 8; failures += 1) {
      const look = watch.refresh();
      looks.at(-1)?.fail('down');
      await expect(look).rejects.toThrow('down');
      pauses.push(...clock.delays);
    }
    expect(pauses).toEqual([750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000]);
    expect(await watch.ready()).toBe(topology);
    expect(listener.topologies).toHaveLength(1);

    const look = watch.refresh();
    looks.at(-1)?.find('a');
    await look;
    expect(clock.delays).toEqual([60_000]);
  });

  it('lets refresh() join a look under way, and looks at once otherwise', async () => {
    const { clock, looks, watch } = setUp();
    const [first, second] = [watch.refresh(), watch.refresh()];
    expect(looks).toHaveLength(1);
    looks[0]?.find('a');
    await Promise.all([first, second]);
    const third = watch.refresh();
    expect(looks).toHaveLength(2);
    expect(clock.delays).toEqual([]);
    looks[1]?.find('a');
    await third;
    expect(clock.delays).toEqual([60_000]);
  });

  it('does not keep the process alive between looks, unless somebody waits', async () => {
    const { clock, looks, watch } = setUp();
    looks[0]?.fail('down');
    await expect(watch.refresh()).rejects.toThrow('down');
    expect(clock.keepsAlive).toBe(false);
    const ready = watch.ready();
    expect(clock.keepsAlive).toBe(true);
    clock.advance(1_000);
    looks[1]?.find('a');
    await ready;
    expect(clock.keepsAlive).toBe(false);
  });
});

describe('a watch that is closed', () => {
  it('ends the look under way at once, even one that does not heed its signal', async () => {
    const { clock, looks, watch, listener } = setUp();
    const pending = [watch.ready(), watch.refresh()];
    watch.close();
    watch.close();
    for (const promise of pending) await expect(promise).rejects.toMatchObject({ code: 'SESS_DISCOVERY_CLOSED' });
    expect(looks[0]?.signal.aborted).toBe(true);
    looks[0]?.find('a');
    await new Promise((resolve) => setImmediate(resolve));
    expect([listener.topologies, listener.errors, clock.delays]).toEqual([[], [], []]);
  });

  it('rejects those who wait between looks, and those who come later', async () => {
    const { clock, looks, watch } = setUp();
    looks[0]?.fail('down');
    await expect(watch.ready()).rejects.toThrow('down');
    const waiting = watch.ready();
    watch.close();
    for (const promise of [waiting, watch.ready(), watch.refresh()])
      await expect(promise).rejects.toMatchObject({ code: 'SESS_DISCOVERY_CLOSED' });
    clock.advance(1_000_000);
    expect(looks).toHaveLength(1);
  });

  it.each([0, 1, 2, 3, 4, 5])('tells nothing from then on, though a look ended %i microtasks before', async (ticks) => {
    const { looks, watch, listener } = setUp();
    const settled = watch.ready().catch(() => {});
    looks[0]?.find('a');
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    watch.close();
    const toldBefore = listener.topologies.length;
    await settled;
    expect(listener.topologies).toHaveLength(toldBefore);
  });

  it('may be closed, or told to look again, by its own listener', async () => {
    const { looks, watch, listener, clock } = setUp();
    let again: Promise<void> | undefined;
    listener.topology = (): void => {
      again ??= watch.refresh();
    };
    looks[0]?.find('a');
    await watch.ready();
    expect(looks).toHaveLength(2);
    listener.topology = (): void => watch.close();
    looks[1]?.find('b');
    await again;
    expect(clock.delays).toEqual([]);
  });
});
