/**
 * The memcached runtimes on this machine, for every test: `inject('runtimes')`. Tests whose result does not depend on
 * the runtime use `inject('mainRuntimes')`: real memcached, or embedded without it; in the long form, both. Conformance
 * suites use `inject('conformanceRuntimes')`: all runtimes, but containers only in the long form or without a real
 * memcached. With `SESS_REQUIRE_SERVERS=1`, a missing runtime is a failure; otherwise its tests are skipped, and the
 * run reports it. With `SESS_REQUIRE_SERVERS=0`, only the embedded runtime is used on every machine.
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
