/**
 * How much load does the database behind the cache get when a node dies under load?
 *
 *     node benchmarks/dist/backing-stampede.js [--sessions 40000] [--loads-per-second 250] [--json FILE]
 *
 * Four processes request sessions without pause; a quarter of the sessions are on the node that crashes. The dead node
 * stays listed for two seconds, and then leaves the list. Needs memcached and PostgreSQL on the machine.
 */
import { writeFile } from 'node:fs/promises';
import { JSON_FILE, readCommandLine } from './command-line.ts';
import { stampede, type Scenario } from './stampede/scenario.ts';

const values = readCommandLine(
  'node benchmarks/dist/backing-stampede.js',
  'What does a database bear when a node of the cache dies?',
  {
    sessions: { help: 'logged-in users, on four nodes', default: 40_000 },
    'loads-per-second': { help: 'what each of four processes may ask of the database', default: 250 },
    json: JSON_FILE,
  },
);

const scenario: Scenario = {
  sessions: values.sessions,
  nodes: 4,
  processes: 4,
  loadsPerSecond: values['loads-per-second'],
  inFlight: 32,
  listedMs: 2_000,
  worker: new URL('./stampede/worker.js', import.meta.url),
};
const outcome = await stampede(scenario);
const count = (value: number): string => Math.round(value).toLocaleString('en');
console.log(`
sessions                                              ${count(scenario.sessions)} on ${scenario.nodes} nodes, asked for by ${scenario.processes} processes
lost by the cache, given back by the database         ${count(outcome.lost)} sessions with ${count(outcome.loads)} loads, at most ${outcome.mostLoads} of one session
loads past the dead node, while it was listed         ${count(outcome.pastCache)}
loads to check what the cache has                     ${count(outcome.checks)}
loads as PostgreSQL counts them                       ${count(outcome.loadsCounted)}
most loads in one second                              ${count(outcome.mostPerSecond)}, bound ${count(outcome.bound)}
all of them back in the cache after                   ${(outcome.recoveredMs / 1_000).toFixed(1)} s
requests answered, missing, unavailable               ${count(outcome.answered)}, ${count(outcome.missing)}, ${count(outcome.unavailable)}
99th percentile of the wait for a session             ${outcome.p99Ms.toFixed(1)} ms
`);
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ node: process.version, scenario, outcome }, null, 2)}\n`);
