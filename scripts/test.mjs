/** `pnpm test`: every test that this machine can run; the last line counts them. Further words go to vitest. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  console.log(`tests: ${passed} passed, ${failed + broken} failed, ${skipped} skipped`);
  process.exitCode = code === 0 && passed > 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
