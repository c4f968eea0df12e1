/**
 * `node dist/measured/main.js [RUN FILE]…`: stores the results that a run wrote with `--json FILE`, and writes the
 * tables of all stored runs into the pages. Format the pages afterwards.
 */
import { readFile, writeFile } from 'node:fs/promises';

import type { AutoScalingResult } from '../auto-scaling/run-auto-scaling.ts';
import type { Report } from '../measure/report.ts';
import { keptOf } from './demo-table.ts';
import { withTable } from './markdown.ts';
import { fileOf, pageAt, PLACES, RUN_NAMES, tableOf } from './pages.ts';

const given = process.argv.slice(2);
for (let place = 0; place < given.length; place += 2) await keep(given[place] ?? '', given[place + 1]);
for (const { page, runs } of PLACES) {
  let text = await readFile(pageAt(page), 'utf8');
  for (const name of runs) text = withTable(text, name, await tableOf(name));
  await writeFile(pageAt(page), text);
}

async function keep(run: string, from: string | undefined): Promise<void> {
  const name = RUN_NAMES.find((known) => known === run);
  if (name === undefined || from === undefined) throw new Error(`usage: main.js [${RUN_NAMES.join('|')} FILE]…`);
  const found: unknown = JSON.parse(await readFile(from, 'utf8'));
  const kept =
    name === 'auto-scaling'
      ? [...(await unlike(found as AutoScalingResult[])), ...(found as AutoScalingResult[])]
      : keptOf(found as Report);
  await writeFile(fileOf(name), `${JSON.stringify(kept, null, 2)}\n`);
}

/** The stored results of all other pairs of a scenario and a strategy: each pair is a separate run. */
async function unlike(results: readonly AutoScalingResult[]): Promise<readonly AutoScalingResult[]> {
  const kept = JSON.parse(await readFile(fileOf('auto-scaling'), 'utf8').catch(() => '[]')) as AutoScalingResult[];
  return kept.filter(
    ({ scenario, strategy }) => !results.some((result) => result.scenario === scenario && result.strategy === strategy),
  );
}
