/**
 * Whether tests run in their long form: `inject('long')`. Soak tests, and tests with dozens of processes, have one. Set
 * `SESS_TEST_LONG=1` for it; without it, the run reports what it skips.
 */
import type { TestProject } from 'vitest/node';

export const long: boolean = process.env['SESS_TEST_LONG'] === '1';

export default function setup(project: TestProject): void {
  if (!long) process.stderr.write('long forms of tests are left out: SESS_TEST_LONG=1 runs them\n');
  project.provide('long', long);
}
