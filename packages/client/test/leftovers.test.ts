import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import { createClient } from '../src/client.ts';

// Reading memory without collecting first would measure the collector's mood.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** As many as take a second or two; `benchmarks/dist/heap.js` runs a million. */
const GETS = 50_000;
const IN_FLIGHT = 64;
/**
 * What a million may leave is 5 MiB; what 50,000 leave is compared with as much, so that a leak of 100 bytes a get
 * shows.
 */
const MAX_GROWTH_BYTES: number = 5 * 2 ** 20;

// Nodes inside this process would be measured too.
const runtimes = inject('runtimes').filter((runtime) => runtime === 'memcached');

describe.skipIf(runtimes.length === 0)('what a client leaves behind', () => {
  it('is no memory after many gets, and no timer and no socket after close()', { timeout: 60_000 }, async () => {
    await using cluster = await startLocalCluster({ nodes: 2, runtime: 'memcached' });
    // The cluster's own sockets, with which it made sure that its nodes answer, go first: they must not stand in for
    // ours.
    await until(() => openSockets().length === 0);
    const timersBefore = timers();
    const client = createClient(`memcached://${cluster.nodes.map(({ id }) => id).join(',')}`);
    await client.ready();
    const keys = Array.from({ length: 200 }, (_, index) => `leftovers-${index}`);
    for (const key of keys) await client.set(key, Buffer.alloc(1024, 'v'), { ttlSeconds: 60 });

    const getMany = async (times: number): Promise<void> => {
      let started = 0;
      const lane = async (): Promise<void> => {
        while (started < times)
          if ((await client.get(keys[started++ % keys.length] ?? '')) === undefined) throw new Error('a get missed');
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    };
    // What is made once (compiled code, pools, buffers) is made now.
    await getMany(10_000);
    const before = used();
    await getMany(GETS);
    expect(used() - before).toBeLessThan(MAX_GROWTH_BYTES);

    expect(openSockets()).toHaveLength(2);
    await client.close();
    await until(() => openSockets().length === 0 && timers() <= timersBefore);
    expect(openSockets()).toEqual([]);
    expect(timers()).toBeLessThanOrEqual(timersBefore);
  });
});

/** Bytes of the JavaScript heap and of the memory of Buffers, after what nobody holds has been collected. */
function used(): number {
  for (let times = 0; times < 3; times += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Every socket that this process opened. Idle ones don't keep it running, so Node.js does not list them among what
 * does.
 */
const sockets: Socket[] = [];
subscribe('net.client.socket', (message) => sockets.push((message as { socket: Socket }).socket));

function openSockets(): readonly Socket[] {
  return sockets.filter((socket) => !socket.closed);
}

/** Timers that keep the process running; the test runner has some of its own. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((handle) => handle === 'Timeout').length;
}

/** Turns of the event loop, without a timer that would be counted, until `isSo` or the patience is at its end. */
async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!isSo() && performance.now() < end) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
