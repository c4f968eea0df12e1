/**
 * What do many nodes cost an idle process? Uses real memcached nodes on this machine, and several processes with a
 * client each. Measures how long the client takes until it answers, and then its connections, memory, CPU and bytes per
 * second while it is idle.
 *
 *     node benchmarks/dist/many-nodes.js --help
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ChildProgram } from '@sess/loopback';
import { startLocalCluster } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import type { Joined, Message, Order, Rested } from './many-nodes/course.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine(
  'node benchmarks/dist/many-nodes.js',
  'What do many nodes cost a process that only waits?',
  {
    quick: { help: '20 nodes, 2 processes, 10 open views, 5 seconds of rest' },
    nodes: { help: 'memcached nodes, of 8 MiB each', default: 200 },
    processes: { help: 'processes with a client each', default: 4 },
    views: {
      help: 'lists of nodes that one process goes through first, so that as many views are open',
      default: 0,
      least: 0,
    },
    seconds: { help: 'how long they are watched while they wait', default: 20 },
    json: JSON_FILE,
  },
);
const course = options.quick
  ? { nodes: 20, processes: 2, views: 10, seconds: 5 }
  : { nodes: options.nodes, processes: options.processes, views: options.views, seconds: options.seconds };
/** Milliseconds until all clients have agreed on one view. */
const SETTLE_MS = 45_000;
const ANSWER_MS = 300_000;

interface Process {
  readonly joined: Joined;
  readonly rested: Rested;
}

const cluster = await startLocalCluster({ nodes: course.nodes, runtime: 'memcached', memoryMegabytes: 8 });
const workers = Array.from(
  { length: course.processes },
  (_, index) =>
    new ChildProgram<Message>(new URL('many-nodes/worker.js', import.meta.url), { name: `process ${index + 1}` }),
);
let processes: readonly Process[];
try {
  processes = await measure(cluster.nodes.map(({ id }) => id));
} finally {
  await Promise.all(workers.map((worker) => worker.stop(5_000)));
  await cluster.close();
}
const middle = (of: (process: Process) => number): number => median(processes.map(of));
const most = (of: (process: Process) => number): number => Math.max(...processes.map(of));
console.log(
  `${course.nodes} nodes, ${course.processes} processes, ${most(({ rested }) => rested.openViews)} open views, ` +
    `${course.seconds} s without a request, Node.js ${process.version}\n`,
);
printTable(
  ['of a process', 'median', 'most'],
  [
    row('until it answers, ms', ({ joined }) => joined.readyMs),
    row('connections', ({ rested }) => rested.sockets),
    row('memory, MiB', ({ rested }) => rested.residentBytes / 2 ** 20),
    row('heap, MiB', ({ rested }) => rested.heapBytes / 2 ** 20),
    row('CPU, % of a core', ({ rested }) => rested.cpu * 100, 2),
    row('bytes a second', ({ rested }) => rested.bytesPerSecond),
    row('longest turn of the event loop, ms', ({ rested }) => rested.longestTurnMs, 1),
  ],
);
await writeJson(options.json, { ...course, processes });

async function measure(servers: readonly string[]): Promise<readonly Process[]> {
  const joined = await Promise.all(
    workers.map((worker, index) =>
      ask(worker, { join: { servers, views: course.views, opens: index === 0 } }, 'joined'),
    ),
  );
  await pause(SETTLE_MS);
  const rested = await Promise.all(workers.map((worker) => ask(worker, { rest: course.seconds }, 'rested')));
  return joined.map((answer, index) => ({ joined: answer, rested: rested[index] as Rested }));
}

async function ask<Kind extends 'joined' | 'rested'>(
  worker: ChildProgram<Message>,
  order: Order,
  kind: Kind,
): Promise<Extract<Message, Record<Kind, unknown>>[Kind]> {
  const message = await worker.ask(order, { timeoutMs: ANSWER_MS });
  if ('failure' in message) throw new Error(message.failure);
  if (!(kind in message)) throw new Error(`A process answered something else than ${kind}.`);
  return (message as Extract<Message, Record<Kind, unknown>>)[kind];
}

function row(title: string, of: (process: Process) => number, digits = 0): readonly string[] {
  const text = (value: number): string => (digits === 0 ? count(value) : value.toFixed(digits));
  return [title, text(middle(of)), text(most(of))];
}
