import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Makes a release on a copy: bumps the versions, writes the changelogs, packs every public package. Publishes nothing,
 * and does not change the repository, which must have been built.
 *
 * @param {string} folder an empty one
 * @returns {Promise<readonly { name: string, version: string, tarball: string }[]>}
 */
export async function packRelease(folder) {
  const copy = join(folder, 'repository');
  await copyTracked(copy);
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'inherit'],
  });

  const packed = [];
  for (const name of await readdir(join(copy, 'packages'))) {
    const directory = join(copy, 'packages', name);
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
    if (manifest.private === true) continue;
    await cp(join(ROOT, 'packages', name, 'dist'), join(directory, 'dist'), { recursive: true });
    await linkOurs(copy, directory, { ...manifest.dependencies, ...manifest.devDependencies });
    const tarball = join(folder, `${name}.tgz`);
    execFileSync('pnpm', ['--dir', directory, 'pack', '--out', tarball], { stdio: ['ignore', 'ignore', 'inherit'] });
    checkContents(manifest.name, tarball);
    packed.push({ name: manifest.name, version: manifest.version, tarball });
  }
  return packed;
}

/**
 * Checks that a package has the files that users expect, and no superfluous ones. @param {string} name @param {string}
 * tarball
 */
function checkContents(name, tarball) {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n');
  const missing = ['README.md', 'LICENSE', 'CHANGELOG.md'].filter((file) => !files.includes(`package/${file}`));
  const superfluous = files.filter((file) => /\.test\.|\.tsbuildinfo$/.test(file));
  if (missing.length > 0 || superfluous.length > 0)
    throw new Error(
      `${name}: the tarball lacks [${missing.join(', ')}], and should not have [${superfluous.join(', ')}]`,
    );
}

/** @param {string} copy */
async function copyTracked(copy) {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  for (const path of listed.split('\0')) {
    if (!/^(?:packages|internal|apps|benchmarks|\.changeset)\/|^[^/]+$/.test(path) || path === '') continue;
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await cp(join(ROOT, path), join(copy, path));
  }
}

/**
 * Links our packages, because `pnpm pack` reads their versions from there.
 *
 * @param {string} copy
 * @param {string} directory
 * @param {Readonly<Record<string, string>>} dependencies
 */
async function linkOurs(copy, directory, dependencies) {
  for (const dependency of Object.keys(dependencies)) {
    if (!dependency.startsWith('@sess/')) continue;
    const link = join(directory, 'node_modules', dependency);
    await mkdir(dirname(link), { recursive: true });
    const folder = dependency.slice('@sess/'.length);
    const isPublic = existsSync(join(copy, 'packages', folder));
    await symlink(join(copy, isPublic ? 'packages' : 'internal', folder), link);
  }
}
