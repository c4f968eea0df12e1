/**
 * Does one silent node slow down the others? Eight nodes under a steady load; one of them stops answering (its process
 * is stopped, its connections stay open). Compares the time of gets on the other seven with the time right before.
 *
 *     node benchmarks/dist/silent-node.js --help
 *
 * The load is open: a fixed number of gets per millisecond, spread over all nodes, whether or not earlier ones were
 * answered. In each round, first all nodes answer, and then one is silent, from the moment at which it is stopped.
 * Prints medians of the ratios within a round.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, SessClientError, type Client } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { openLoad, sessionKeys } from './open-load.ts';
import { median, quantile } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine('node benchmarks/dist/silent-node.js', 'Does one silent node slow down the others?', {
  quick: { help: '3 rounds of a second each way' },
  rounds: { help: 'times that a node falls silent', default: 7 },
  seconds: { help: 'length of each half of a round', default: 3 },
  rate: { help: 'gets a millisecond', default: 4 },
  json: JSON_FILE,
});
const rounds = options.quick ? 3 : options.rounds;
const seconds = options.quick ? 1 : options.seconds;

const NODES = 8;
const KEYS = 2_000;
const WANTED = 1.2;

interface Phase {
  /** Duration of each get on the seven nodes, in milliseconds. */
  readonly took: readonly number[];
  /** Gets on the seven nodes that failed, by error code, or missed: there must be none. */
  readonly lost: Readonly<Record<string, number>>;
  /** Answered gets on the node that is or will be silent. */
  readonly answered: number;
  /** Failed gets on that node, by error code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Duration of the longest failed get on that node, in milliseconds. */
  readonly longestFailure: number;
}

interface Round {
  readonly before: Phase;
  readonly during: Phase;
}

const cluster = await startLocalCluster({ nodes: NODES, runtime: 'memcached' });
const client = createClient(`memcached://${cluster.nodes.map(({ id }) => id).join(',')}`);
const found: Round[] = [];
try {
  await client.ready();
  const keys = sessionKeys(KEYS);
  for (const key of keys) await client.set(key, Buffer.alloc(1024, 'v'), { ttlSeconds: 3600 });
  const owners = new Map(keys.map((key) => [key, client.explain(key).owners[0] ?? '']));
  // Warms up; it does not count.
  await drive(client, keys, () => false);
  // The same one every time: for what a node holds that returned, those that stood in for it are asked as well, and one
  // of them would be silent next.
  const silent = cluster.nodes[0]?.id ?? '';
  const isSilent = (key: string): boolean => owners.get(key) === silent;
  for (let round = 0; round < rounds; round += 1) {
    const before = await drive(client, keys, isSilent);
    await cluster.pauseNode(silent);
    const during = await drive(client, keys, isSilent);
    await cluster.resumeNode(silent);
    found.push({ before, during });
    await allAnswer(client, keys);
  }
} finally {
  await client.close();
  await cluster.close();
}

const ratio = (fraction: number): number =>
  median(found.map(({ before, during }) => quantile(during.took, fraction) / quantile(before.took, fraction)));
const ratios = { p50: ratio(0.5), p99: ratio(0.99), 'p99.9': ratio(0.999) };
const at = (phase: keyof Round, fraction: number): number =>
  median(found.map((round) => quantile(round[phase].took, fraction)));
const failures = sum(found.map(({ during }) => during.failed));
const longest = Math.max(...found.map(({ during }) => during.longestFailure));
const lost = sum(found.flatMap(({ before, during }) => [before.lost, during.lost]));

console.log(
  `${NODES} nodes, ${options.rate} gets of 1 KiB a millisecond over all, ${rounds} rounds, Node.js ${process.version}\n`,
);
printTable(
  ['gets on the other seven', 'all well, ms', 'one silent, ms', 'ratio'],
  Object.entries({ p50: 0.5, p99: 0.99, 'p99.9': 0.999 }).map(([name, fraction]) => [
    name,
    at('before', fraction).toFixed(3),
    at('during', fraction).toFixed(3),
    ratios[name as keyof typeof ratios].toFixed(2),
  ]),
);
console.log(`\nwanted: a p99 of at most ${WANTED} × what it was; gets on the seven: ${shown(lost)}`);
console.log(`gets on the silent node: ${shown(failures)}; none took longer than ${count(longest)} ms`);
await writeJson(options.json, {
  rounds,
  seconds,
  rate: options.rate,
  ratios,
  lost,
  failures,
  longestFailureMs: longest,
});
if (Object.keys(lost).length > 0) process.exitCode = 1;

/** Sends gets at the given rate, and waits until all are settled. */
async function drive(to: Client, keys: readonly string[], isSilent: (key: string) => boolean): Promise<Phase> {
  const took: number[] = [];
  const failed: Record<string, number> = {};
  const absent: Record<string, number> = {};
  let [answered, longestFailure] = [0, 0];
  const ask = async (key: string): Promise<void> => {
    const silent = isSilent(key);
    const start = performance.now();
    try {
      const record = await to.get(key);
      if (silent) answered += 1;
      else if (record === undefined) absent['miss'] = (absent['miss'] ?? 0) + 1;
      else took.push(performance.now() - start);
    } catch (error) {
      if (!SessClientError.is(error)) throw error;
      const counts = silent ? failed : absent;
      counts[error.code] = (counts[error.code] ?? 0) + 1;
      if (silent) longestFailure = Math.max(longestFailure, performance.now() - start);
    }
  };
  await openLoad(keys, options.rate, seconds, ask);
  return { took, lost: absent, answered, failed, longestFailure };
}

/** Resolves when the node that was silent gets requests again, and answers. */
async function allAnswer(to: Client, keys: readonly string[]): Promise<void> {
  const answers = (key: string): Promise<boolean> =>
    to.get(key).then(
      (record) => record !== undefined,
      () => false,
    );
  const deadline = performance.now() + 30_000;
  for (;;) {
    const all = await Promise.all(keys.map(answers));
    if (all.every(Boolean) && [...to.topology.states.values()].every((state) => state === 'up')) return;
    if (performance.now() > deadline) throw new Error('a node that was silent did not come back within 30 s');
    await sleep(100);
  }
}

function sum(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const one of counts) for (const [name, times] of Object.entries(one)) total[name] = (total[name] ?? 0) + times;
  return total;
}

function shown(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([code, times]) => `${count(times)} × ${code}`);
  return parts.length === 0 ? 'none failed' : parts.join(', ');
}
