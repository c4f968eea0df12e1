/**
 * With two copies, does a hanging node delay gets, and what do hedged reads cost while all nodes are up? Three real
 * memcached nodes under a steady load of gets; then one of them stops answering (its process is stopped, its
 * connections stay open).
 *
 *     node benchmarks/dist/hedged-reads.js --help
 */
import { createClient, SessClientError, type Client } from '@sess/client';
import { startLocalCluster, type LocalNode } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { nodeStats } from './handover/node-stats.ts';
import { openLoad, sessionKeys } from './open-load.ts';
import { median, quantile } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine(
  'node benchmarks/dist/hedged-reads.js',
  'With two copies, does a node that hangs keep gets waiting?',
  {
    quick: { help: '2 rounds of 3 seconds each way' },
    rounds: { help: 'times that a node hangs, with hedged reads and without', default: 5 },
    seconds: { help: 'length of each half of a round', default: 6 },
    rate: { help: 'gets a second', default: 1_000 },
    json: JSON_FILE,
  },
);
const rounds = options.quick ? 2 : options.rounds;
const seconds = options.quick ? 3 : options.seconds;

const KEYS = 2_000;
const WANTED_P99_MS = 60;
const WANTED_EXTRA = 0.03;

interface Phase {
  /** Milliseconds. */
  readonly took: readonly number[];
  /** Requests to nodes for each get. */
  readonly requests: number;
  readonly failed: number;
}

interface Round {
  readonly well: Phase;
  readonly hung: Phase;
}

const found: { readonly hedged: Round[]; readonly unhedged: Round[] } = { hedged: [], unhedged: [] };
for (let round = 0; round < rounds; round += 1) {
  found.hedged.push(await measure(true));
  found.unhedged.push(await measure(false));
}

const at = (of: readonly Round[], phase: keyof Round, fraction: number): number =>
  median(of.map((round) => quantile(round[phase].took, fraction)));
const extra =
  median(found.hedged.map(({ well }) => well.requests)) - median(found.unhedged.map(({ well }) => well.requests));
const failed = [...found.hedged, ...found.unhedged].reduce((sum, { well, hung }) => sum + well.failed + hung.failed, 0);
console.log(
  `3 nodes, two copies, ${count(options.rate)} gets of 1 KiB a second, ${rounds} rounds of ${seconds} s each way, Node.js ${process.version}\n`,
);
printTable(
  ['', 'p50, ms', 'p99, ms', 'requests a get'],
  (['hedged', 'unhedged'] as const).flatMap((kind) =>
    (['well', 'hung'] as const).map((phase) => [
      `${kind === 'hedged' ? 'hedged reads' : 'without'}, ${phase === 'well' ? 'all well' : 'one node hangs'}`,
      at(found[kind], phase, 0.5).toFixed(2),
      at(found[kind], phase, 0.99).toFixed(2),
      median(found[kind].map((round) => round[phase].requests)).toFixed(3),
    ]),
  ),
);
console.log(
  `\nwanted: a p99 below ${WANTED_P99_MS} ms while a node hangs, and at most ${100 * WANTED_EXTRA} % more requests while all is well; ` +
    `${(100 * extra).toFixed(1)} % more, ${count(failed)} gets failed or missed`,
);
await writeJson(options.json, {
  rounds,
  seconds,
  rate: options.rate,
  extra,
  failed,
  p99: at(found.hedged, 'hung', 0.99),
});
if (failed > 0) process.exitCode = 1;

/** On nodes of its own: what a client learned of a node that hung is not to be met by the next. */
async function measure(hedgedReads: boolean): Promise<Round> {
  const cluster = await startLocalCluster({ nodes: 3, runtime: 'memcached' });
  const client = createClient({
    servers: cluster.nodes.map(({ id }) => id),
    copies: 2,
    hedgedReads,
    historySecret: 'x'.repeat(32),
  });
  try {
    await client.ready();
    const keys = sessionKeys(KEYS);
    for (const key of keys) await client.set(key, Buffer.alloc(1024, 'v'), { ttlSeconds: 3600, expect: 'absent' });
    const nodes = cluster.nodes;
    // Warms up; it does not count.
    await drive(client, keys, async () => 0);
    const well = await drive(client, keys, () => requestsTo(nodes));
    await cluster.pauseNode(nodes[0]?.id ?? '');
    // The hanging node does not answer `stats`.
    const hung = await drive(client, keys, () => requestsTo(nodes.slice(1)));
    await cluster.resumeNode(nodes[0]?.id ?? '');
    return { well, hung };
  } finally {
    await client.close();
    await cluster.close();
  }
}

/** Sends gets at the given rate, and waits until all are settled. */
async function drive(to: Client, keys: readonly string[], requests: () => Promise<number>): Promise<Phase> {
  const took: number[] = [];
  let failures = 0;
  const ask = async (key: string): Promise<void> => {
    const start = performance.now();
    try {
      if ((await to.get(key)) === undefined) failures += 1;
    } catch (error) {
      if (!SessClientError.is(error)) throw error;
      failures += 1;
    }
    took.push(performance.now() - start);
  };
  const before = await requests();
  const sent = await openLoad(keys, options.rate / 1_000, seconds, ask);
  return { took, requests: ((await requests()) - before) / sent, failed: failures };
}

/** Number of gets that the nodes served, including those of the history. */
async function requestsTo(nodes: readonly LocalNode[]): Promise<number> {
  const counts = await Promise.all(nodes.map(async (node) => (await nodeStats(node)).get('cmd_get') ?? 0));
  return counts.reduce((sum, gets) => sum + gets, 0);
}
