import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const SETTINGS =
  '--ignoreConfig --noEmit --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --skipLibCheck --module nodenext --target es2022 --types node';

/** Where a page's imports are found, if not in its own folder. */
const PLACES: Readonly<Record<string, string>> = {
  'docs/database.md': 'benchmarks',
  'docs/scaling.md': 'packages/client',
  'packages/discovery/README.md': 'packages/cli',
};

/** What Nitro declares for its plugins. */
const OF_NITRO = `declare function defineNitroPlugin(plugin: () => void): void;
declare function useStorage(): { mount(base: string, driver: unknown): void };
`;

/** The blocks of a page that no other test type-checks. */
function blocksOf(page: string): readonly string[] {
  const example = join(ROOT, page, '../test/readme-example.ts');
  const checked = existsSync(example) ? readFileSync(example, 'utf8') : '';
  const blocks = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(
    ([, code = '']) => code,
  );
  return blocks.filter((code) => !checked.endsWith(code));
}

const PAGES = [
  ...readdirSync(join(ROOT, 'docs'))
    // The programs for NestJS on that page are compiled and run elsewhere.
    .filter((name) => name.endsWith('.md') && name !== 'compatibility.md')
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`),
].filter((page) => blocksOf(page).length > 0);

it('there are pages with TypeScript', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['docs/database.md', 'packages/discovery/README.md']));
});

it.each(PAGES)('the TypeScript of %s compiles as it stands', { timeout: 60_000 }, async (page) => {
  const folder = await mkdtemp(join(ROOT, PLACES[page] ?? join(page, '..'), '.blocks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = await Promise.all(
    blocksOf(page).map(async (code, index) => {
      const file = join(folder, `${index}.mts`);
      await writeFile(file, code.includes('defineNitroPlugin') ? code + OF_NITRO : code);
      return file;
    }),
  );
  const compiled = promisify(execFile)(process.execPath, [TSC, ...SETTINGS.split(' '), ...files], { cwd: folder });
  // tsc tells its errors on standard output.
  expect((await compiled.catch((error: { stdout: string }) => error)).stdout).toBe('');
});
