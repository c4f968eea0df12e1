/**
 * `pnpm check`: runs all checks that don't run the product. The last line counts them. `pnpm check lint types` runs
 * only the named ones.
 */
import { run } from './run.mjs';

const LINT = ['--type-aware', '--deny-warnings'];
/**
 * Folders that use other session libraries. Their types and ours declare `request.session` differently, and the linter
 * treats the tests of all packages as one program, so it sees either declaration first at random. The tests of the
 * adapters load such types through `@fastify/csrf-protection`.
 */
const PEERS = ['internal/conformance', 'packages/express-session-store'];
const ADAPTERS = ['internal/adapters'];

const CHECKS = {
  types: ['turbo', ['run', 'check-types', '--output-logs=errors-only']],
  lint: ['oxlint', [...LINT, ...[...PEERS, ...ADAPTERS].map((folder) => `--ignore-pattern=${folder}/**`)]],
  'lint-peers': ['oxlint', [...LINT, ...PEERS]],
  'lint-adapters': ['oxlint', [...LINT, ...ADAPTERS]],
  format: ['oxfmt', ['--check', '.']],
  boundaries: ['turbo', ['boundaries']],
  // TypeDoc needs a TypeScript version with a JavaScript API, in addition to the one that everything else uses.
  manifests: ['sherif', ['--fail-on-warnings', '--ignore-dependency', 'typescript@~5.9.3']],
  unused: ['knip', []],
  packages: ['node', ['scripts/check-packages.mjs']],
  release: ['node', ['scripts/release/dry.mjs', process.env.SESS_TEST_LONG === '1' ? '--once' : '--short']],
  workflows: ['node', ['scripts/check-workflows.mjs']],
  site: ['node', ['internal/site/src/build.mjs']],
  lockfile: ['node', ['scripts/check-lockfile.mjs']],
  // Collects every test file without servers, as on a machine that has only Node.js, and runs no test: a file without
  // a test fails the run.
  collect: ['vitest', ['run', '--reporter=minimal', '-t', '^$'], { env: { SESS_REQUIRE_SERVERS: '0' } }],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(`There is no check named ${unknown.join(', ')}. There are: ${Object.keys(CHECKS).join(', ')}.`);
  process.exit(2);
}

const failed = [];
const names = wanted.length > 0 ? wanted : Object.keys(CHECKS);
for (const name of names) {
  console.log(`--- ${name}`);
  const [command, args, options] = CHECKS[name];
  if ((await run(command, args, options)) !== 0) failed.push(name);
}
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
console.log(`checks: ${names.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
