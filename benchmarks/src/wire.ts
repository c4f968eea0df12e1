/**
 * How fast is a request to memcached, and what does it cost? Compares this client with its peers on npm and with the
 * limit, on real memcached.
 *
 *     node benchmarks/dist/wire.js [--quick] [--rounds 5] [--milliseconds 400] [--json FILE]
 *
 * Contenders take turns within each round. Prints medians over the rounds, and ratios of medians.
 */
import { ChildProgram } from '@sess/loopback';
import { startLocalCluster } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';
import { CONTENDERS, PEERS, type Cell, type ContenderName, type Measurement } from './wire/cell.ts';
import type { Answer, Order } from './wire/worker.ts';

const options = readCommandLine(
  'node benchmarks/dist/wire.js',
  'How fast is a request to memcached, and what does it cost?',
  {
    quick: { help: '1 KiB, one node, 1 and 64 in flight only' },
    rounds: { help: 'measurements of each contender and cell', default: 5 },
    milliseconds: { help: 'length of a measurement', default: 400 },
    json: JSON_FILE,
  },
);

const WORKER = new URL('./wire/worker.js', import.meta.url);
const WARM_UP_MS = 1_000;

const NODES = options.quick ? [1] : [1, 8];
const cells: Cell[] = [];
for (const nodes of NODES) {
  for (const valueBytes of options.quick ? [1024] : [100, 1024, 16_384]) {
    for (const inFlight of options.quick ? [1, 64] : [1, 64, 256]) {
      for (const operation of ['get', 'set'] as const) cells.push({ operation, valueBytes, inFlight, nodes });
    }
  }
}

interface Result extends Cell {
  readonly contenders: Readonly<Partial<Record<ContenderName, Measurement>>>;
  /** This client's gets or sets per second, divided by those of the fastest peer. */
  readonly overFastestPeer: number;
  /** This client's gets or sets per second, divided by those of the limit. */
  readonly overLimit: number;
  /** This client's CPU time per operation, divided by that of the peer with the lowest. */
  readonly cpuOverBestPeer: number;
}

const results: Result[] = [];
// A new cluster for each number of nodes: a cluster that grew would have an open handover.
for (const nodes of NODES) {
  // Memory for the values of all contenders together, so that no node evicts.
  await using cluster = await startLocalCluster({ nodes, runtime: 'memcached', memoryMegabytes: 512 });
  const servers = cluster.nodes.map((node) => node.id);
  for (const cell of cells.filter((each) => each.nodes === nodes)) results.push(await measureCell(cell, servers));
}
await writeJson(options.json, { results });

async function measureCell(cell: Cell, servers: readonly string[]): Promise<Result> {
  const names = CONTENDERS.filter((name) => cell.nodes === 1 || name !== 'memcache-client');
  const samples = new Map<ContenderName, Measurement[]>(names.map((name) => [name, []]));
  // Restarts the workers for each cell: a slow `memcache` leaks connections until the nodes accept no more.
  const workers = new Map(names.map((name) => [name, new ChildProgram<Answer>(WORKER, { name, args: [name] })]));
  try {
    // Round 0 stores the values and warms up; it does not count.
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const [name, worker] of workers) {
        const measurement = await ask(worker, name, {
          cell,
          servers,
          milliseconds: round === 0 ? WARM_UP_MS : options.milliseconds,
        });
        if (round > 0) samples.get(name)?.push(measurement);
      }
    }
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
  const contenders: Partial<Record<ContenderName, Measurement>> = {};
  for (const [name, list] of samples) {
    contenders[name] = {
      operationsPerSecond: median(list.map((sample) => sample.operationsPerSecond)),
      cpuMicroseconds: median(list.map((sample) => sample.cpuMicroseconds)),
    };
  }
  const result = { ...cell, contenders, ...ratios(contenders) };
  print(result);
  return result;
}

function ratios(
  contenders: Partial<Record<ContenderName, Measurement>>,
): Pick<Result, 'overFastestPeer' | 'overLimit' | 'cpuOverBestPeer'> {
  const ours = contenders['sess-text'] ?? { operationsPerSecond: Number.NaN, cpuMicroseconds: Number.NaN };
  const peers = PEERS.flatMap((name) => contenders[name] ?? []);
  return {
    overFastestPeer: ours.operationsPerSecond / Math.max(...peers.map((peer) => peer.operationsPerSecond)),
    overLimit: ours.operationsPerSecond / (contenders.limit?.operationsPerSecond ?? Number.NaN),
    cpuOverBestPeer: ours.cpuMicroseconds / Math.min(...peers.map((peer) => peer.cpuMicroseconds)),
  };
}

async function ask(worker: ChildProgram<Answer>, name: ContenderName, order: Order): Promise<Measurement> {
  const answer = await worker.ask(order);
  if ('failure' in answer) throw new Error(`${name}: ${answer.failure}`);
  return answer.measurement;
}

function print(result: Result): void {
  const { operation, valueBytes, inFlight, nodes, contenders } = result;
  console.log(
    `\n${operation}, ${count(valueBytes)} bytes, ${inFlight} in flight, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`,
  );
  printTable(
    ['', 'operations/s', 'CPU µs each'],
    Object.entries(contenders).map(([name, found]) => [
      name,
      count(found.operationsPerSecond),
      found.cpuMicroseconds.toFixed(2),
    ]),
  );
  console.log(
    `sess-text: ${result.overFastestPeer.toFixed(2)} × the fastest peer, ${result.overLimit.toFixed(2)} × the limit, ${result.cpuOverBestPeer.toFixed(2)} × the CPU of the best peer`,
  );
}
