/**
 * Which ways of running memcached this machine has, for every test: `inject('runtimes')`.
 * With `SESS_REQUIRE_SERVERS=1` a missing one is a failure; otherwise it is left out, and the run says so. With `SESS_REQUIRE_SERVERS=0` only what needs
 * nothing but Node.js is there, whatever the machine has.
 */
import { availableRuntimes } from '@sess/local-cluster';
import type { TestProject } from 'vitest/node';

export default async function setup(project: TestProject): Promise<void> {
  if (process.env['SESS_REQUIRE_SERVERS'] === '0') return project.provide('runtimes', ['embedded']);
  const found = await availableRuntimes();
  const missing = found.filter((runtime) => !runtime.available);
  for (const { runtime, reason } of missing) {
    const line = `tests with runtime "${runtime}" are left out: ${reason}`;
    if (process.env['SESS_REQUIRE_SERVERS'] === '1') throw new Error(line);
    process.stderr.write(`${line}\n`);
  }
  project.provide(
    'runtimes',
    found.filter((runtime) => runtime.available).map(({ runtime }) => runtime),
  );
}
