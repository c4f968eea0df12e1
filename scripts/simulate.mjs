/**
 * Runs any number of simulated histories of a cluster: `pnpm simulate --seeds 1000 --profile harsh`. Prints how often
 * each fault occurred, what was refused and what was excused. Passes all options but `--break` to
 * `packages/client/test/simulation/main.ts`.
 *
 * `--break NAME` removes one rule from the protocol, and ends with the first history that shows it: exit code 1 if one
 * does, 0 if none of the seeds does. `--break list` prints the rules.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

import { BREAKS, broken } from './protocol-breaks.mjs';
import { run } from './run.mjs';

const [name, args] = breakIn(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'sess-simulate-'));
try {
  const file = join(folder, 'simulate.mjs');
  const input = new URL('../packages/client/test/simulation/main.ts', import.meta.url).pathname;
  const bundle = await rolldown({ input, platform: 'node' });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  if (name !== undefined) await writeFile(file, broken(await readFile(file, 'utf8'), name));
  process.exitCode = await run(process.execPath, [file, ...args]);
} finally {
  await rm(folder, { recursive: true });
}

/** @returns {[string | undefined, string[]]} */
function breakIn(given) {
  const at = given.indexOf('--break');
  if (at === -1) return [undefined, given];
  const found = given[at + 1];
  if (!Object.hasOwn(BREAKS, found ?? '')) {
    console.log(`--break takes one of: ${Object.keys(BREAKS).join(', ')}.`);
    process.exit(found === 'list' ? 0 : 2);
  }
  const { profile, faults = [] } = BREAKS[found];
  const striking = faults.flatMap((fault) => ['--fault', fault]);
  const rest = [...given.slice(0, at), ...given.slice(at + 2)];
  return [found, ['--first', ...(rest.includes('--profile') ? [] : ['--profile', profile, ...striking]), ...rest]];
}
