/**
 * Does the client leak? Compares the heap before and after a million gets, and, after `close()`, the timers, sockets
 * and other handles of the process with those before the client.
 *
 *     node benchmarks/dist/heap.js --help
 *
 * Exits with code 1 if it does.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { sessionKeys } from './open-load.ts';
import { count } from './table.ts';

const options = readCommandLine('node benchmarks/dist/heap.js', 'Does the client leave anything behind?', {
  gets: { help: 'how many', default: 1_000_000, least: 1_000 },
  'in-flight': { help: 'at once', default: 64 },
  nodes: { help: 'memcached nodes', default: 3 },
  json: JSON_FILE,
});
const WANTED_MIB = 5;

// Without a collection first, a reading of memory would depend on when the collector last ran.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const cluster = await startLocalCluster({ nodes: options.nodes, runtime: 'memcached' });
try {
  // First waits until the sockets with which the cluster probed its nodes are closed: otherwise they would hide leaked
  // sockets of the client.
  await turnsUntil(() => !handles().includes('TCPSocketWrap'));
  const handlesBefore = handles();
  const client = createClient(`memcached://${cluster.nodes.map(({ id }) => id).join(',')}`);
  await client.ready();
  const keys = sessionKeys(1_000);
  for (const key of keys) await client.set(key, Buffer.alloc(1024, 'v'), { ttlSeconds: 3600 });

  const get = async (times: number): Promise<void> => {
    let started = 0;
    const lane = async (): Promise<void> => {
      while (started < times) {
        const key = keys[started++ % keys.length] ?? '';
        if ((await client.get(key)) === undefined) throw new Error('a get missed');
      }
    };
    await Promise.all(Array.from({ length: options['in-flight'] }, lane));
  };
  // Warms up: allocates what is allocated only once (compiled code, pools, buffers).
  await get(Math.min(50_000, options.gets));
  const before = used();
  await get(options.gets);
  const after = used();
  await client.close();
  await turnsUntil(() => leftOver(handlesBefore, handles()).length === 0);
  const left = leftOver(handlesBefore, handles());

  const grownMiB = (after - before) / 2 ** 20;
  console.log(
    `${count(options.gets)} gets: heap and buffers ${mib(before)} before, ${mib(after)} after: ${grownMiB.toFixed(2)} MiB more`,
  );
  console.log(`wanted: at most ${WANTED_MIB} MiB more`);
  console.log(
    `after close(): ${left.length === 0 ? 'no timer, socket or other handle left' : `left: ${left.join(', ')}`}`,
  );
  await writeJson(options.json, { gets: options.gets, before, after, grownMiB, left });
  if (grownMiB > WANTED_MIB || left.length > 0) process.exitCode = 1;
} finally {
  await cluster.close();
}

/** Bytes of the JavaScript heap and of Buffers, after a garbage collection. */
function used(): number {
  for (let times = 0; times < 3; times += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function handles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((handle) => handle !== 'Immediate');
}

/** The handles that were added. */
function leftOver(before: readonly string[], now: readonly string[]): readonly string[] {
  const rest = [...before];
  return now.filter((handle) => {
    const at = rest.indexOf(handle);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

/** Waits up to 5 seconds, because Node.js releases a handle a few turns after it was closed. */
async function turnsUntil(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!isSo() && performance.now() < end) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
