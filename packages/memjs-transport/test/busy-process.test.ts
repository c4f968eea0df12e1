import { startLocalCluster } from '@sess/local-cluster';
import { setImmediate } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { OpenedNode } from './opened-node.ts';

const TIMEOUT_MS = 200;

// The node must be another process: this one is kept busy.
it.runIf(inject('runtimes').includes('memcached'))(
  'an answer that came while this process was busy for longer than timeoutMs is an answer',
  async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'memcached' });
    using opened = new OpenedNode(cluster.nodes[0] ?? {}, { timeoutMs: TIMEOUT_MS });
    await opened.node.probe();
    const read = opened.node.get('key');
    await setImmediate();
    const end = performance.now() + 2 * TIMEOUT_MS;
    while (performance.now() < end);
    expect(await read).toBeUndefined();
  },
);
