/** `pnpm test:node 22 24 26`: the tests under other versions of Node.js, which the npm package `node` brings. */
import { run } from './run.mjs';

const versions = process.argv.slice(2);
if (versions.length === 0) {
  console.error('Say which versions of Node.js: pnpm test:node 20.19 22 24 26');
  process.exit(2);
}
const failed = [];
for (const version of versions) {
  console.log(`--- Node.js ${version}`);
  const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run', '--reporter=dot'];
  if ((await run('npx', ['--yes', '--package', `node@${version}`, '--', ...vitest])) !== 0) failed.push(version);
}
console.log(failed.length === 0 ? `passed on ${versions.join(', ')}` : `failed on ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
