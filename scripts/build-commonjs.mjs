/**
 * Compiles the current package once more, to CommonJS in `dist/commonjs`, and marks that folder, because the package
 * itself is ESM.
 */
import { rm, writeFile } from 'node:fs/promises';
import { run } from './run.mjs';

/** Only for the compiler: the tarball contains `dist`. */
const SETTINGS = 'dist/tsconfig.json';

await writeFile(
  SETTINGS,
  JSON.stringify({
    extends: '@sess/tsconfig/commonjs.json',
    compilerOptions: { rootDir: '../src', outDir: 'commonjs' },
    files: ['../src/index.ts'],
  }),
);
process.exitCode = await run('tsc', ['-p', SETTINGS], { cwd: '.' });
await rm(SETTINGS);
await writeFile('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
