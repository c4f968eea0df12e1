/**
 * What happens to the requests of a process that is sometimes blocked? Each client runs in a process that does
 * synchronous work for 600 ms ten times a minute, such as making a report or parsing a large upload, under a steady
 * load. The network takes a millisecond each way.
 *
 *     node benchmarks/dist/blocked-process.js --help
 *
 * The timeout of every client is 500 ms, and every answer arrives within a few milliseconds. So a client that loses a
 * request blames the server for its own delay.
 */
import { startLocalCluster } from '@sess/local-cluster';
import { ChildProgram, delayed, startRedis, TcpProxy } from '@sess/loopback';
import { CONTENDERS, type ContenderName, type Course, type Message, type Outcome } from './blocked/contender.ts';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine(
  'node benchmarks/dist/blocked-process.js',
  'What becomes of the requests of a process that is blocked now and then?',
  {
    quick: { help: '18 seconds of each client, so three times blocked' },
    seconds: { help: 'how long each client runs', default: 60 },
    'blocked-ms': { help: 'how long the process is blocked each time', default: 600 },
    'a-minute': { help: 'how often it is blocked in a minute', default: 10 },
    rate: { help: 'requests a second', default: 500 },
    json: JSON_FILE,
  },
);
const seconds = options.quick ? 18 : options.seconds;
const course = {
  seconds,
  requestsPerSecond: options.rate,
  blockMs: options['blocked-ms'],
  blocks: Math.max(1, Math.round((seconds * options['a-minute']) / 60)),
};
const NODES = 3;
const LATENCY_MS = 1;

interface Result extends Outcome {
  /** Number of connections after the first ones. */
  readonly connectedAgain: number;
}

const results = new Map<ContenderName, Result>();
{
  await using cluster = await startLocalCluster({ nodes: NODES, runtime: 'memcached' });
  await using redis = await startRedis();
  const ports = { memcached: cluster.nodes.map(({ port }) => port), redis: redis === undefined ? [] : [redis.port] };
  for (const [name, { store }] of Object.entries(CONTENDERS)) {
    if (ports[store].length > 0) results.set(name as ContenderName, await measure(name as ContenderName, ports[store]));
  }
}

console.log(
  `${NODES} nodes, ${count(options.rate)} requests a second, one of ten a set, 1 ms of network each way; ${seconds} s, blocked ${course.blocks} times for ${course.blockMs} ms; Node.js ${process.version}\n`,
);
printTable(
  ['', 'requests', 'lost', 'nodes ejected', 'connected again', 'longest wait, ms', 'the lost were told'],
  [...results].map(([name, { requests, lost, longestMs, ejections, connectedAgain }]) => [
    CONTENDERS[name].label,
    count(requests),
    count(total(lost)),
    name.startsWith('sess-') ? count(ejections) : '',
    count(connectedAgain),
    count(longestMs),
    Object.entries(lost)
      .map(([reason, times]) => `${count(times)} × ${reason}`)
      .join(', '),
  ]),
);
if (!results.has('ioredis')) console.log('\nioredis was left out: this machine has no redis-server.');
console.log('\nwanted of @sess/client, on both transports: nothing lost, nobody ejected');
await writeJson(options.json, { course, results: Object.fromEntries(results) });
for (const [name, { lost, ejections }] of results)
  if (name.startsWith('sess-') && total(lost) + ejections > 0) process.exitCode = 1;

async function measure(name: ContenderName, ports: readonly number[]): Promise<Result> {
  const proxies = await Promise.all(ports.map((port) => TcpProxy.start(port, delayed(LATENCY_MS))));
  const worker = new ChildProgram<Message>(new URL('./blocked/worker.js', import.meta.url), {
    name: CONTENDERS[name].label,
    args: [name],
    quiet: true,
  });
  try {
    await worker.next();
    const order: Course = { ...course, servers: proxies.map(({ port }) => `127.0.0.1:${port}`) };
    const answer = await worker.ask({ ...order });
    if (!('outcome' in answer))
      throw new Error(`${CONTENDERS[name].label}: ${'failure' in answer ? answer.failure : 'no outcome'}`);
    const connections = proxies.reduce((sum, proxy) => sum + proxy.connections, 0);
    return { ...answer.outcome, connectedAgain: connections - ports.length };
  } finally {
    await worker.stop();
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
  }
}

function total(lost: Readonly<Record<string, number>>): number {
  return Object.values(lost).reduce((sum, times) => sum + times, 0);
}
