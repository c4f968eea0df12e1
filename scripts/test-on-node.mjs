/**
 * `pnpm test:node 22 24 26`: the tests under other versions of Node.js, which the npm package `node` brings. Further
 * words go to vitest: `pnpm test:node 22 packages/session`.
 */
import { run } from './run.mjs';

const words = process.argv.slice(2);
const versions = words.filter((word) => isVersion(word));
const forVitest = words.filter((word) => !isVersion(word));
if (versions.length === 0) {
  console.error(
    'Say which versions of Node.js, and which tests if not all: pnpm test:node 20.19 22 24 26 packages/session',
  );
  process.exit(2);
}
const failed = [];
for (const version of versions) {
  console.log(`--- Node.js ${version}`);
  const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run', '--reporter=minimal', ...forVitest];
  if ((await run('npx', ['--yes', '--package', `node@${version}`, '--', ...vitest])) !== 0) failed.push(version);
}
console.log(failed.length === 0 ? `passed on ${versions.join(', ')}` : `failed on ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string} word */
function isVersion(word) {
  return /^\d+(\.\d+){0,2}$/.test(word);
}
