/**
 * Whether tests run in their long form: `inject('long')`. Soaks, and what needs dozens of processes, have one;
 * `SESS_TEST_LONG=1` asks for it, and without it the run says what it leaves out.
 */
import type { TestProject } from 'vitest/node';

export const long: boolean = process.env['SESS_TEST_LONG'] === '1';

export default function setup(project: TestProject): void {
  if (!long) process.stderr.write('long forms of tests are left out: SESS_TEST_LONG=1 runs them\n');
  project.provide('long', long);
}
