/** Packs every published package as the registry would get it, and holds publint and attw against the tarball. */
import { readdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

const folder = await mkdtemp(join(tmpdir(), 'sess-pack-'));
let failed = 0;
try {
  for (const name of await readdir(new URL('../packages/', import.meta.url))) {
    const manifest = JSON.parse(await readFile(new URL(`../packages/${name}/package.json`, import.meta.url), 'utf8'));
    const tarball = join(folder, `${name}.tgz`);
    const steps = [
      ['pnpm', ['--dir', `packages/${name}`, 'pack', '--out', tarball]],
      ['publint', ['run', tarball, '--strict']],
      ['attw', [tarball, '--profile', 'esm-only', '--no-color']],
    ];
    for (const [command, args] of steps) {
      if ((await run(command, args)) === 0) continue;
      console.error(`${String(manifest.name)}: ${String(command)} found fault with the packed tarball`);
      failed += 1;
      break;
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
