/**
 * Runs a load on several processes while a node loses its memory, and reports lost sessions, failed requests and latencies.
 *
 *     node internal/ledger/dist/main.js [--rate 2000] [--seconds 60] [--copies 2] [--nodes 3] [--processes 2] [--runtime memcached] [--loss crash|flush]
 *
 * Exits with code 1 if an acknowledged change was lost.
 */
import { parseArgs } from 'node:util';
import { loadUnderFailure } from './load-under-failure.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    copies: { type: 'string', default: '2' },
    nodes: { type: 'string', default: '3' },
    processes: { type: 'string', default: '2' },
    sessions: { type: 'string', default: '5000' },
    timeout: { type: 'string', default: '500' },
    runtime: { type: 'string', default: 'memcached' },
    loss: { type: 'string', default: 'crash' },
  },
});
const { runtime, loss } = values;
if (runtime !== 'memcached' && runtime !== 'container' && runtime !== 'embedded') {
  throw new Error('--runtime is one of memcached, container, embedded');
}
if (loss !== 'crash' && loss !== 'flush') throw new Error('--loss is one of crash, flush');
const timeoutMs = Number(values.timeout);
const outcome = await loadUnderFailure({
  runtime,
  loss,
  requestsPerSecond: Number(values.rate),
  seconds: Number(values.seconds),
  nodes: Number(values.nodes),
  processes: Number(values.processes),
  sessions: Number(values.sessions),
  settings: { copies: Number(values.copies), timeoutMs, historyIntervalMs: 2_000, clockSkewMs: 500, ttlSeconds: 3_600 },
  onProgress: (text) => console.log(text),
});
const errors = [...outcome.errors].map(([code, times]) => `${code} ${times}`).join(', ');
console.log(
  `${outcome.requests} requests, ${(outcome.errorRate * 100).toFixed(3)} % not carried out${errors === '' ? '' : ` (${errors})`}`,
);
for (const [code, message] of outcome.firstErrors) console.log(`  the first ${code}: ${message}`);
console.log(
  `p50 ${outcome.p50Ms.toFixed(1)} ms, p99 ${outcome.p99Ms.toFixed(1)} ms, longest ${outcome.maxMs.toFixed(0)} ms; timeout ${timeoutMs} ms`,
);
console.log(
  `${outcome.disclaimed} changes acknowledged while not every process had answers from every node: nothing is claimed for them`,
);
console.log(`${outcome.staleReads} reads of an older state until processes agreed`);
console.log(
  `${outcome.sessions} sessions read back through every process: ${outcome.readBack} reads, ${outcome.faults.length} faults`,
);
for (const fault of outcome.faults.slice(0, 20)) console.log(`  ${fault}`);
process.exitCode = outcome.faults.length > 0 ? 1 : 0;
