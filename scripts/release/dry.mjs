/**
 * `pnpm release:dry`: a release without publishing. Bumps versions and packs on a copy, installs the tarballs into new
 * projects of every kind, checks their types with several versions of TypeScript, and runs them over memcached. Prints
 * a table.
 *
 * `--once` runs each kind with one package manager, and the oldest and the newest compiler. `--short` runs four kinds
 * with one compiler and pnpm, whose store has most packages from the repository's own install. Other words select the
 * kinds whose names contain them: `pnpm release:dry nest`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableRuntimes, startLocalCluster } from '@sess/local-cluster';
import { run } from '../run.mjs';
import { compile, COMPILERS, install, test, visit } from './fresh-project.mjs';
import { packRelease } from './pack-release.mjs';
import { PROJECTS } from './projects.mjs';
import { startScopeRegistry } from './scope-registry.mjs';
import { FRAMEWORKS, walk } from './walk.mjs';

const given = process.argv.slice(2);
const isShort = given.includes('--short');
const isOnce = given.includes('--once');
const wanted = given.filter((word) => !word.startsWith('--')).map((word) => word.toLowerCase());
const isWanted = (/** @type {string} */ name) =>
  wanted.length === 0 || wanted.some((word) => name.toLowerCase().includes(word));
const projects = PROJECTS.filter(({ name, isShort: isInShort }) => (!isShort || isInShort === true) && isWanted(name));
const frameworks = isShort ? [] : FRAMEWORKS.filter((name) => isWanted(`README, ${name}`)).slice(0, isOnce ? 1 : 3);

const folder = await mkdtemp(join(tmpdir(), 'sess-release-'));
const isInstalled = (await availableRuntimes()).some(({ runtime, available }) => runtime === 'memcached' && available);
const cluster = await startLocalCluster({ nodes: 2, runtime: isInstalled ? 'memcached' : 'auto' });
/** @type {import('./scope-registry.mjs').ScopeRegistry | undefined} */
let registry;
let failed = 0;
let checks = 0;
try {
  await mkdir(join(folder, 'packed'));
  const packed = await packRelease(join(folder, 'packed'));
  console.log(`packed ${packed.length} packages, version ${packed[0]?.version}; nodes: ${cluster.runtime}`);
  registry = await startScopeRegistry(packed);
  const { npmrc } = registry;
  const compilers = await installCompilers(join(folder, 'compilers'));

  /** @type {Record<string, string>[]} */
  const rows = [];
  const begin = (/** @type {string} */ project, /** @type {string} */ manager) => {
    const row = { project, manager };
    rows.push(row);
    const home = join(folder, `${project} ${manager}`.replaceAll(/\W+/g, '-').toLowerCase());
    /** @param {string} what @param {() => Promise<void>} work */
    const attempt = async (what, work) => {
      try {
        await work();
        row[what] = 'ok';
        console.log(`${Math.round(process.uptime())} s: ${project}, ${manager}, ${what}`);
      } catch (error) {
        failed += 1;
        row[what] = 'FAILED';
        console.error(`${project}, ${manager}, ${what}: ${error.message.split('\n').slice(0, 20).join('\n')}`);
      }
      return row[what] === 'ok';
    };
    return { home, attempt };
  };
  const work = projects.flatMap((project) =>
    managersOf(project).map((manager) => {
      const { home, attempt } = begin(project.name, manager);
      return async () => {
        if (!(await attempt('install', () => install(home, project, npmrc, manager)))) return;
        for (const word of compilersOf(project))
          await attempt(`TS ${word}`, () => compile(home, compilers.get(word) ?? ''));
        const use = project.isTest === true ? test : visit;
        await attempt('visit', () => use(home, cluster.url));
      };
    }),
  );
  for (const framework of frameworks) {
    const { home, attempt } = begin(`README, ${framework}`, 'npm');
    work.push(() => attempt('visit', () => walk(home, framework, npmrc)));
  }
  const waiting = work.values();
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const step of waiting) await step();
    }),
  );
  console.table(rows);
  for (const row of rows) checks += Object.values(row).filter((cell) => cell === 'ok').length;
  console.log(failed === 0 && checks > 0 ? `the release would work: ${checks} steps` : `${failed} failed`);
} finally {
  registry?.close();
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 && checks > 0 ? 0 : 1;

/** @param {import('./projects.mjs').Project} project @returns {readonly ('npm' | 'pnpm' | 'yarn')[]} */
function managersOf(project) {
  if (isShort) return ['pnpm'];
  const { managers = ['npm', 'pnpm'] } = project;
  // npm and pnpm in turn, and yarn for projects that have all three.
  const turn = (PROJECTS.indexOf(project) + 2) % managers.length;
  return isOnce ? managers.slice(turn, turn + 1) : managers;
}

/** @param {import('./projects.mjs').Project} project @returns {readonly string[]} */
function compilersOf({ compilers = [...COMPILERS.keys()] }) {
  const [oldest, newest = ''] = [compilers[0], compilers.at(-1)];
  if (isShort) return [newest];
  return isOnce ? [oldest, newest] : compilers;
}

/** @param {string} home @returns {Promise<ReadonlyMap<string, string>>} the path of each `tsc` */
async function installCompilers(home) {
  await mkdir(home);
  const words = [...new Set(projects.flatMap((project) => compilersOf(project)))];
  const dependencies = Object.fromEntries(
    words.map((word) => [`typescript-${word}`, `npm:typescript@${COMPILERS.get(word)}`]),
  );
  await writeFile(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(home, 'pnpm-workspace.yaml'), 'packages: []\n');
  if ((await run('pnpm', ['install', '--prefer-offline', '--silent'], { cwd: home })) !== 0)
    throw new Error('the compilers could not be installed');
  return new Map(words.map((word) => [word, join(home, 'node_modules', `typescript-${word}`, 'bin/tsc')]));
}
