/** Checks that the lockfile names no registry, so that it installs from whichever registry npm is configured for. */
import { readFile } from 'node:fs/promises';

const lines = (await readFile(new URL('../pnpm-lock.yaml', import.meta.url), 'utf8')).split('\n');
const named = lines.flatMap((line, index) =>
  /https?:\/\//.test(line) ? [`pnpm-lock.yaml:${index + 1}: ${line.trim()}`] : [],
);
if (named.length > 0) {
  console.error(`The lockfile names a host:\n${named.join('\n')}`);
  process.exitCode = 1;
}
