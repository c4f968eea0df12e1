/**
 * `pnpm release:dry`: a release without publishing. Raises versions and packs on a copy; installs the tarballs into new
 * projects of every kind; checks their types with several versions of TypeScript; runs them over memcached. Prints a table.
 *
 * `--short` takes four kinds, one compiler and pnpm, which has most of what it needs from the repository's own install.
 * Words take the kinds whose names contain them: `pnpm release:dry nest`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableRuntimes, startLocalCluster } from '@sess/local-cluster';
import { run } from '../run.mjs';
import { compile, COMPILERS, install, test, visit } from './fresh-project.mjs';
import { packRelease } from './pack-release.mjs';
import { PROJECTS } from './projects.mjs';

const given = process.argv.slice(2);
const isShort = given.includes('--short');
const wanted = given.filter((word) => word !== '--short').map((word) => word.toLowerCase());
const projects = PROJECTS.filter(
  ({ name, isShort: isInShort }) =>
    (!isShort || isInShort === true) &&
    (wanted.length === 0 || wanted.some((word) => name.toLowerCase().includes(word))),
);
const words = isShort ? ['7'] : [...COMPILERS.keys()];

const folder = await mkdtemp(join(tmpdir(), 'sess-release-'));
const isInstalled = (await availableRuntimes()).some(({ runtime, available }) => runtime === 'memcached' && available);
const cluster = await startLocalCluster({ nodes: 2, runtime: isInstalled ? 'memcached' : 'auto' });
let failed = 0;
let checks = 0;
try {
  await mkdir(join(folder, 'packed'));
  const packed = await packRelease(join(folder, 'packed'));
  console.log(`packed ${packed.length} packages, version ${packed[0]?.version}; nodes: ${cluster.runtime}`);
  const compilers = await installCompilers(join(folder, 'compilers'));

  const rows = [];
  for (const project of projects) {
    for (const manager of isShort ? ['pnpm'] : (project.managers ?? ['npm', 'pnpm'])) {
      const home = join(folder, `${project.name} ${manager}`.replaceAll(/\W+/g, '-').toLowerCase());
      const row = { project: project.name, manager };
      const attempt = async (what, work) => {
        try {
          await work();
          row[what] = 'ok';
        } catch (error) {
          failed += 1;
          row[what] = 'FAILED';
          console.error(`${project.name}, ${manager}, ${what}: ${error.message.split('\n').slice(0, 10).join('\n')}`);
        }
        return row[what] === 'ok';
      };
      rows.push(row);
      if (!(await attempt('install', () => install(home, project, packed, manager)))) continue;
      for (const [word, compiler] of compilers) await attempt(`TS ${word}`, () => compile(home, compiler));
      const use = project.isTest === true ? test : visit;
      await attempt('visit', () => use(home, cluster.url));
    }
  }
  console.table(rows);
  for (const row of rows) checks += Object.values(row).filter((cell) => cell === 'ok').length;
  console.log(failed === 0 && checks > 0 ? `the release would work: ${checks} steps` : `${failed} failed`);
} finally {
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 && checks > 0 ? 0 : 1;

/** @param {string} home @returns {Promise<readonly (readonly [string, string])[]>} paths of `tsc` */
async function installCompilers(home) {
  await mkdir(home);
  const dependencies = Object.fromEntries(
    words.map((word) => [`typescript-${word}`, `npm:typescript@${COMPILERS.get(word)}`]),
  );
  await writeFile(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(home, 'pnpm-workspace.yaml'), 'packages: []\n');
  if ((await run('pnpm', ['install', '--prefer-offline', '--silent'], { cwd: home })) !== 0)
    throw new Error('the compilers could not be installed');
  return words.map((word) => [word, join(home, 'node_modules', `typescript-${word}`, 'bin/tsc')]);
}
