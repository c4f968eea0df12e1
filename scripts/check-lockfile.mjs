/** The lockfile must install from whichever registry the reader's npm is set to: it names none. */
import { readFile } from 'node:fs/promises';

const lines = (await readFile(new URL('../pnpm-lock.yaml', import.meta.url), 'utf8')).split('\n');
const named = lines.flatMap((line, index) =>
  /https?:\/\//.test(line) ? [`pnpm-lock.yaml:${index + 1}: ${line.trim()}`] : [],
);
if (named.length > 0) {
  console.error(`The lockfile names a host:\n${named.join('\n')}`);
  process.exitCode = 1;
}
