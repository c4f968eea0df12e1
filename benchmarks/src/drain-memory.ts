/**
 * How fast does a drain of a node with very many keys run, and how much memory does it need? Fills a real memcached,
 * drains it, and prints this process's peak of memory.
 *
 *     node benchmarks/dist/drain-memory.js [--keys 2000000] [--keys-per-second 1000000]
 */
import { createClient } from '@sess/client';
import { startLocalCluster, type LocalNode } from '@sess/local-cluster';
import { readCommandLine } from './command-line.ts';
import { OwnList } from './own-list.ts';
import { count } from './table.ts';

const values = readCommandLine(
  'node benchmarks/dist/drain-memory.js',
  'Draining millions of keys: how fast, in how much memory?',
  {
    keys: { help: 'keys on the node that is drained', default: 2_000_000 },
    'keys-per-second': { help: 'at most', default: 1_000_000 },
  },
);
const KEYS = values.keys;
const MEBIBYTE = 1_048_576;
const AT_ONCE = 500;
const SAMPLE_EVERY_MS = 100;

const cluster = await startLocalCluster({ nodes: 2, runtime: 'memcached', memoryMegabytes: 1_024 });
const [full, empty] = cluster.nodes as [LocalNode, LocalNode];
const discovery = new OwnList();
const client = createClient({
  discovery,
  timeoutMs: 10_000,
  historyIntervalMs: 500,
  handover: { clockSkewMs: 0 },
});
try {
  discovery.tell([full.id]);
  await client.ready();
  const filledIn = await seconds(async () => {
    for (let from = 0; from < KEYS; from += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, KEYS - from) }, (_, index) => from + index);
      await Promise.all(some.map((number) => client.set(`session-${number}`, 'x'.repeat(32), { ttlSeconds: 86_400 })));
    }
  });
  console.log(`filled with ${count(KEYS)} keys in ${filledIn.toFixed(1)} s`);
  discovery.tell([full.id, empty.id]);
  const before = process.memoryUsage();
  const peak = { rss: before.rss, heapUsed: before.heapUsed };
  const sampling = setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    peak.rss = Math.max(peak.rss, rss);
    peak.heapUsed = Math.max(peak.heapUsed, heapUsed);
  }, SAMPLE_EVERY_MS);
  let carryingSince = 0;
  const { keys, carried } = await client.drain(full.id, {
    keysPerSecond: values['keys-per-second'],
    onProgress: ({ phase }) => {
      if (phase === 'carrying' && carryingSince === 0) carryingSince = performance.now();
    },
  });
  clearInterval(sampling);
  const carriedIn = (performance.now() - carryingSince) / 1000;
  console.log(
    `drained: ${count(keys)} keys seen, ${count(carried)} carried in ${carriedIn.toFixed(1)} s, ${count(carried / carriedIn)} a second`,
  );
  console.log(`memory before: ${megabytes(before.rss)} resident, ${megabytes(before.heapUsed)} heap in use`);
  console.log(`at its peak:   ${megabytes(peak.rss)} resident, ${megabytes(peak.heapUsed)} heap in use`);
} finally {
  await client.close();
  await cluster.close();
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
}
