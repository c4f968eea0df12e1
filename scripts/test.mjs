/**
 * `pnpm test`: runs every test that this machine supports; the last line counts them. Passes its arguments to vitest.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from './run.mjs';

const folder = await mkdtemp(join(tmpdir(), 'sess-test-'));
try {
  const report = join(folder, 'report.json');
  const code = await run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ]);
  const counts = JSON.parse(await readFile(report, 'utf8').catch(() => '{}'));
  const { numPassedTests: passed = 0, numFailedTests: failed = 0, numPendingTests: skipped = 0 } = counts;
  // A file that could not be loaded, or an error outside of a test, fails the run without a failed test.
  const broken = code !== 0 && failed === 0 ? 1 : 0;
  for (const file of counts.testResults ?? []) {
    const name = relative(process.cwd(), file.name);
    const tests = file.assertionResults.filter((test) => test.status === 'failed');
    // A file that could not be loaded has a message and no test.
    if (tests.length === 0 && file.status === 'failed') console.log(`failed: ${name}: ${file.message}`);
    for (const test of tests) console.log(`failed: ${name}: ${test.fullName}: ${test.failureMessages[0]}`);
  }
  console.log(`tests: ${passed} passed, ${failed + broken} failed, ${skipped} skipped`);
  process.exitCode = code === 0 && passed > 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
