/**
 * A node is added: how long does it take to finish the handover, what does that cost, and do users notice it? Uses real
 * memcached nodes full of sessions, two application processes with a client each, and visits at a steady rate. One
 * process finishes the handover. The duration of visits is compared with the same handover without finishing, in turns,
 * because the speed of a machine varies from one minute to the next.
 *
 *     node benchmarks/dist/finishing.js --help
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ChildProgram } from '@sess/loopback';
import { startLocalCluster } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import type { HandoverNews, Latencies, Measured, Message, Order } from './finishing/orders.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine(
  'node benchmarks/dist/finishing.js',
  'A node is added: what does finishing the handover cost?',
  {
    quick: { help: '50,000 sessions, 2 turns of 5 seconds' },
    keys: { help: 'sessions on three nodes', default: 1_000_000 },
    'keys-per-second': { help: 'of a node, at most, as handover.keysPerSecond', default: 1_000 },
    rate: { help: 'visits a second, of each of two processes', default: 300 },
    seconds: { help: 'length of each measurement but the last', default: 15 },
    turns: { help: 'of nobody finishing and of finishing, before it is finished to its end', default: 5 },
    json: JSON_FILE,
  },
);
const keys = options.quick ? 50_000 : options.keys;
const seconds = options.quick ? 5 : options.seconds;
const turns = options.quick ? 2 : options.turns;
const keysPerSecond = options['keys-per-second'];

const NODES = 3;
const MEMORY_MEGABYTES = 1_024;
const WANTED = 1.2;
const LOOK_EVERY_MS = 200;
const LONGEST_MS = 3_600_000;

/** The results of both processes over one period. */
interface Row {
  readonly what: string;
  readonly other: Measured;
  readonly finishing: Measured;
}

const cluster = await startLocalCluster({ nodes: NODES, runtime: 'memcached', memoryMegabytes: MEMORY_MEGABYTES });
const [other, finisher] = ['the other process', 'the process that finishes'].map(
  (name) => new ChildProgram<Message>(new URL('finishing/worker.js', import.meta.url), { name }),
) as [ChildProgram<Message>, ChildProgram<Message>];
const processes = [other, finisher];
const news: HandoverNews[] = [];
finisher.onMessage((message) => {
  if ('handover' in message) news.push(message.handover);
});
const rows: Row[] = [];
const idle: Row[] = [];
const busy: Row[] = [];
let took = 0;
try {
  const before = cluster.nodes.map(({ id }) => id);
  for (const process of processes) await order(process, { join: { servers: before, finish: false, keysPerSecond } });
  await order(finisher, { fill: keys });
  for (const process of processes) await order(process, { visit: { perSecond: options.rate, sessions: keys } });
  await settled();
  rows.push(await measure(`settled, ${NODES} nodes`, () => pause(seconds * 1_000)));

  const servers = [...before, (await cluster.addNode()).id];
  for (const process of processes) await order(process, { list: servers });
  rows.push(await measure('until all agree', agreed));
  for (let turn = 0; turn < turns; turn += 1) {
    await order(finisher, { join: { servers, finish: false, keysPerSecond } });
    idle.push(await measure('handover, nobody finishes it', () => pause(seconds * 1_000)));
    await begin(servers);
    busy.push(await measure('handover, finished meanwhile', () => pause(seconds * 1_000)));
  }
  const startedAt = performance.now();
  await begin(servers);
  rows.push(await measure('handover, finished to its end', () => heard('done')));
  took = (performance.now() - startedAt) / 1_000;
  await settled();
  rows.push(await measure(`settled, ${NODES + 1} nodes`, () => pause(seconds * 1_000)));
} finally {
  for (const process of processes) process.send({ leave: true } satisfies Order);
  await Promise.all(processes.map((process) => process.stop(5_000)));
  await cluster.close();
}

const last = news.at(-1);
const toTheEnd = rowOf('handover, finished to its end');
const bytesASecond = median(idle.map(({ finishing }) => finishing.bytes / finishing.seconds));
const bytes = toTheEnd.finishing.bytes - bytesASecond * took;
const [unfinished, begun] = [medianOf(idle), medianOf(busy)];
const ratiosOf = (row: Row): readonly number[] =>
  (['other', 'finishing'] as const).map((process) => row[process].reads.p99 / unfinished[process].reads.p99);
const ratios = { begun: ratiosOf(begun), toTheEnd: ratiosOf(toTheEnd) };
console.log(
  `${count(keys)} sessions of 500 bytes on ${NODES} nodes, one more is added; ${options.rate} visits a second in each process, Node.js ${process.version}\n`,
);
printTable(
  ['', 'read p50, ms', 'p99, other', 'p99, finisher', 'save p99, other', 'finisher', 'failed'],
  [...rows, unfinished, begun].map((row) => [
    row.what,
    ...[
      row.other.reads.p50,
      row.other.reads.p99,
      row.finishing.reads.p99,
      row.other.saves.p99,
      row.finishing.saves.p99,
    ].map((ms) => ms.toFixed(2)),
    count(failures(row.other) + failures(row.finishing)),
  ]),
);
console.log(
  `\nfinished in ${took.toFixed(1)} s: ${count(last?.keys ?? 0)} keys looked at, ${count(last?.carried ?? 0)} carried, ${(bytes / 2 ** 20).toFixed(0)} MiB to and from the nodes`,
);
console.log(
  `resident memory of the process that finishes: ${megabytes(unfinished.finishing)} before, ${megabytes(toTheEnd.finishing)} at its peak`,
);
for (const [what, [ofOther = NaN, ofFinisher = NaN]] of [
  [`in ${turns} turns of ${seconds} s`, ratios.begun],
  ['to its end', ratios.toTheEnd],
] as const)
  console.log(
    `p99 of a read while it is finished, ${what}, over the same when nobody does: ${ofOther.toFixed(2)} (other), ${ofFinisher.toFixed(2)} (finisher); wanted: at most ${WANTED}`,
  );
await writeJson(options.json, {
  keys,
  keysPerSecond,
  rate: options.rate,
  seconds: took,
  bytes,
  carried: last?.carried,
  ratios,
  rows,
  idle,
  busy,
});
if ([...rows, ...idle, ...busy].some((row) => failures(row.other) + failures(row.finishing) > 0)) process.exitCode = 1;

async function measure(what: string, during: () => Promise<unknown>): Promise<Row> {
  await Promise.all(processes.map(measured));
  await during();
  const [ofOther, ofFinisher] = await Promise.all([measured(other), measured(finisher)]);
  console.error(`${what}: ${ofOther.seconds.toFixed(0)} s`);
  return { what, other: ofOther, finishing: ofFinisher };
}

async function measured(process: ChildProgram<Message>): Promise<Measured> {
  const message = await ask(process, { measured: true });
  if (!('measured' in message)) throw new Error('A process answered something else than what it measured.');
  return message.measured;
}

async function order(process: ChildProgram<Message>, given: Order): Promise<void> {
  await ask(process, given);
}

async function ask(process: ChildProgram<Message>, given: Order): Promise<Message> {
  const message = await process.ask(given, { isWanted: (told) => !('handover' in told), timeoutMs: LONGEST_MS });
  if ('failure' in message) throw new Error(message.failure);
  return message;
}

/** Resolves when no handover is open. */
function settled(): Promise<void> {
  return until((phases) => phases.length === 0);
}

/** Resolves when no client acts on an earlier list any more. */
function agreed(): Promise<void> {
  return until((phases) => phases.every((phase) => phase !== 'overlap'));
}

async function until(isReached: (phases: readonly string[]) => boolean): Promise<void> {
  for (;;) {
    const answers = await Promise.all(processes.map((process) => ask(process, { phases: true })));
    if (answers.every((answer) => 'phases' in answer && isReached(answer.phases))) return;
    await pause(LOOK_EVERY_MS);
  }
}

/** Resolves when finishing has reached `phase`. */
async function heard(phase: string): Promise<void> {
  while (!news.some((told) => told.phase === phase)) {
    if (!finisher.isAlive) throw new Error('The process that finishes has ended.');
    await pause(LOOK_EVERY_MS);
  }
}

function rowOf(what: string): Row {
  const found = rows.find((row) => row.what === what);
  if (found === undefined) throw new Error(`Nothing was measured of "${what}".`);
  return found;
}

/** Resolves when the finisher has joined again, and has begun to finish. */
async function begin(servers: readonly string[]): Promise<void> {
  news.length = 0;
  await order(finisher, { join: { servers, finish: true, keysPerSecond } });
  await heard('begun');
}

/** The medians of rows of the same kind; for failures and memory, the maximum. */
function medianOf(turnsOfIt: readonly Row[]): Row {
  const of = (process: 'other' | 'finishing'): Measured => {
    const all = turnsOfIt.map((row) => row[process]);
    const latencies = (kind: 'reads' | 'saves'): Latencies => ({
      count: median(all.map((one) => one[kind].count)),
      p50: median(all.map((one) => one[kind].p50)),
      p99: median(all.map((one) => one[kind].p99)),
    });
    return {
      seconds: median(all.map((one) => one.seconds)),
      reads: latencies('reads'),
      saves: latencies('saves'),
      failed: Object.assign({}, ...all.map(({ failed }) => failed)) as Measured['failed'],
      bytes: median(all.map((one) => one.bytes)),
      mostResidentBytes: Math.max(...all.map((one) => one.mostResidentBytes)),
    };
  };
  return { what: turnsOfIt[0]?.what ?? '', other: of('other'), finishing: of('finishing') };
}

function failures({ failed }: Measured): number {
  return Object.values(failed).reduce((sum, times) => sum + times, 0);
}

function megabytes({ mostResidentBytes }: Measured): string {
  return `${(mostResidentBytes / 2 ** 20).toFixed(0)} MiB`;
}
