/**
 * `pnpm test:node 20.19 26`: runs the short tests of the packages under other versions of Node.js, from the npm package
 * `node`. Passes other words to vitest: `pnpm test:node 22 packages/session`.
 */
import { run } from './run.mjs';

/**
 * Tests that depend on Node.js itself: streams, sockets, TLS, HTTP, diagnostics channels, timers, modules. The
 * simulation, soak tests and tests that wait for minutes run only under the main version.
 */
const CHOSEN = [
  'packages/client/src',
  'packages/client/test/text-',
  'packages/client/test/cluster',
  'packages/discovery',
  'packages/external-store',
  'packages/express-middleware',
  'packages/express-session-store',
  'packages/fastify-plugin',
  'packages/hash-ring',
  'packages/json-data',
  'packages/koa-middleware',
  'packages/koa-session-store',
  'packages/local-cluster/src',
  'packages/memjs-transport',
  'packages/session',
  'packages/working-time',
  'internal/adapters',
];

const words = process.argv.slice(2);
const versions = words.filter((word) => isVersion(word));
const files = words.filter((word) => !isVersion(word));
if (versions.length === 0) {
  console.error(
    'Say which versions of Node.js, and which tests if not the chosen ones: pnpm test:node 20.19 22 24 26 packages/session',
  );
  process.exit(2);
}
const failed = [];
for (const version of versions) {
  console.log(`--- Node.js ${version}`);
  const tests = ['node', 'scripts/test.mjs', ...(files.length > 0 ? files : CHOSEN)];
  const args = ['--yes', '--package', `node@${version}`, '--', ...tests];
  if ((await run('npx', args, { env: { SESS_TEST_LONG: '0' } })) !== 0) failed.push(version);
}
console.log(failed.length === 0 ? `passed on ${versions.join(', ')}` : `failed on ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string} word */
function isVersion(word) {
  return /^\d+(\.\d+){0,2}$/.test(word);
}
