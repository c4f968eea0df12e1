/**
 * Packs every published package as for the registry, checks the tarball with publint and attw, and uses the packed
 * packages in a CommonJS program: by `require` of ESM, like Node.js, and by the CommonJS build, like Jest and older
 * compilers.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'sess-pack-'));
const modules = join(folder, 'node_modules');
let failed = 0;
try {
  const names = [];
  for (const name of await readdir(packages)) {
    const manifest = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8'));
    names.push(manifest.name);
    const tarball = join(folder, `${name}.tgz`);
    const steps = [
      ['pnpm', ['--dir', `packages/${name}`, 'pack', '--out', tarball]],
      ['publint', ['run', tarball, '--strict']],
      ['attw', [tarball, '--no-color']],
    ];
    for (const [command, args] of steps) {
      if ((await run(command, args)) === 0) continue;
      console.error(`${String(manifest.name)}: ${String(command)} found fault with the packed tarball`);
      failed += 1;
      break;
    }
    await install(name, manifest, tarball);
  }
  for (const flags of [[], ['--no-experimental-require-module']]) {
    if ((await run(process.execPath, [...flags, '-e', consumer(names, flags.length === 0)], { cwd: folder })) === 0)
      continue;
    console.error(`A CommonJS program can't use what was packed: node ${flags.join(' ')}`);
    failed += 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

/** Unpacks the files, and links their dependencies other than the packed packages. */
async function install(
  name,
  { name: fullName, dependencies = {}, peerDependencies = {}, optionalDependencies = {} },
  tarball,
) {
  const target = join(modules, fullName);
  await mkdir(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  for (const dependency of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })) {
    if (dependency.startsWith('@sess/')) continue;
    const link = join(modules, dependency);
    await mkdir(dirname(link), { recursive: true });
    const source = await realpath(join(packages, name, 'node_modules', dependency)).catch(() => undefined);
    if (source !== undefined) await symlink(source, link).catch(() => undefined);
  }
}

/**
 * A program that loads every package, and in which a user logs in. `isShared`: whether an ESM module of the same
 * process gets the same copy of a package.
 */
function consumer(names, isShared) {
  return `
    const assert = require('node:assert/strict');
    const names = ${JSON.stringify(names)};
    async function main() {
      for (const name of names) {
        const required = require(name);
        const imported = await import(name);
        const [first] = Object.keys(imported).filter((key) => typeof imported[key] === 'function');
        assert.equal(required[first] === imported[first], ${isShared}, name);
      }
      const { default: sessions, memoryStore } = require('@sess/fastify-plugin');
      const app = require('fastify')();
      await app.register(sessions, { store: memoryStore(), secret: 's'.repeat(32), secure: false });
      app.post('/login', async (request) => {
        await request.session.regenerate();
        request.session.data.userId = 'USER_123';
        return {};
      });
      app.get('/profile', async (request) => ({ user: request.session.data.userId }));
      // Not by inject: what Fastify brings for it can't be loaded by require of CommonJS alone.
      const at = await app.listen({ port: 0, host: '127.0.0.1' });
      const login = await fetch(at + '/login', { method: 'POST' });
      const [cookie] = String(login.headers.get('set-cookie')).split(';');
      const profile = await fetch(at + '/profile', { headers: { cookie } });
      assert.deepEqual(await profile.json(), { user: 'USER_123' });
      await app.close();
    }
    main().catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });`;
}
