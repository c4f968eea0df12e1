/**
 * `pnpm check`: everything that is checked without running the product; the last line counts. `pnpm check lint types`
 * runs only those.
 */
import { run } from './run.mjs';

const LINT = ['--type-aware', '--deny-warnings'];
/**
 * What uses session libraries of others. Their types and ours declare `request.session` differently, and the linter
 * takes tests of all packages for one program: which declaration it sees first is a matter of chance. The tests of the
 * adapters meet them through the types of `@fastify/csrf-protection`.
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
  // TypeDoc needs a TypeScript with an interface in JavaScript, besides the one that all others use.
  manifests: ['sherif', ['--fail-on-warnings', '--ignore-dependency', 'typescript@~5.9.3']],
  unused: ['knip', []],
  packages: ['node', ['scripts/check-packages.mjs']],
  release: ['node', ['scripts/release/dry.mjs', process.env.SESS_TEST_LONG === '1' ? '--once' : '--short']],
  workflows: ['node', ['scripts/check-workflows.mjs']],
  site: ['node', ['internal/site/src/build.mjs']],
  lockfile: ['node', ['scripts/check-lockfile.mjs']],
  // Collects every test file as a machine with nothing but Node.js does, and runs none: a file without a test fails the
  // run.
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
