import { readFile } from 'node:fs/promises';

import type { AutoScalingResult } from '../auto-scaling/run-auto-scaling.ts';
import { autoScalingLegend, autoScalingTable } from './auto-scaling-table.ts';
import { demoTable, type MeasuredDemo } from './demo-table.ts';

/** Runs whose figures are in pages. Each is stored in a file of this name. */
export type RunName = 'demo' | 'demo-handover' | 'auto-scaling';

const ROOT = new URL('../../../../', import.meta.url);
const TABLES: Readonly<Record<RunName, (kept: unknown) => string>> = {
  demo: (kept) => demoTable(kept as MeasuredDemo),
  'demo-handover': (kept) => demoTable(kept as MeasuredDemo),
  'auto-scaling': (kept) =>
    `${autoScalingTable(kept as AutoScalingResult[])}\n\n${autoScalingLegend(kept as AutoScalingResult[])}`,
};

export const RUN_NAMES: readonly RunName[] = ['demo', 'demo-handover', 'auto-scaling'];

/** The pages with figures, and the runs that they show. */
export const PLACES: readonly { readonly page: string; readonly runs: readonly RunName[] }[] = [
  { page: 'README.md', runs: RUN_NAMES },
  { page: 'docs/operations/auto-scaling.md', runs: ['auto-scaling'] },
];

export function pageAt(page: string): URL {
  return new URL(page, ROOT);
}

export function fileOf(run: RunName): URL {
  return new URL(`apps/scaling-lab/measured/${run}.json`, ROOT);
}

export async function tableOf(run: RunName): Promise<string> {
  return TABLES[run](JSON.parse(await readFile(fileOf(run), 'utf8')));
}
