/**
 * Which ways of running memcached this machine has, for every test: `inject('runtimes')`. What is the same on all of
 * them is tested on `inject('mainRuntimes')`: real memcached, or embedded where there is none; on both in the long
 * form. Conformance suites are run on `inject('conformanceRuntimes')`: all, but for containers beside the same
 * memcached, which are in the long form. With `SESS_REQUIRE_SERVERS=1` a missing one is a failure; otherwise it is left
 * out, and the run says so. With `SESS_REQUIRE_SERVERS=0` only what needs nothing but Node.js is there, whatever the
 * machine has.
 */
import { availableRuntimes, type Runtime } from '@sess/local-cluster';
import type { TestProject } from 'vitest/node';
import { long } from './long.ts';

export default async function setup(project: TestProject): Promise<void> {
  const runtimes = process.env['SESS_REQUIRE_SERVERS'] === '0' ? (['embedded'] as const) : await findRuntimes();
  project.provide('runtimes', runtimes);
  const onThisMachine = runtimes.filter((runtime) => runtime !== 'container');
  const real = onThisMachine.filter((runtime) => runtime === 'memcached');
  project.provide('mainRuntimes', long || real.length === 0 ? onThisMachine : real);
  project.provide('conformanceRuntimes', long || real.length === 0 ? runtimes : onThisMachine);
}

async function findRuntimes(): Promise<readonly Runtime[]> {
  const found = await availableRuntimes();
  const missing = found.filter((runtime) => !runtime.available);
  for (const { runtime, reason } of missing) {
    const line = `tests with runtime "${runtime}" are left out: ${reason}`;
    if (process.env['SESS_REQUIRE_SERVERS'] === '1') throw new Error(line);
    process.stderr.write(`${line}\n`);
  }
  return found.filter((runtime) => runtime.available).map(({ runtime }) => runtime);
}
