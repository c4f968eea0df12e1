import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { unpadded, withTable } from '../src/measured/markdown.ts';
import { fileOf, pageAt, PLACES, RUN_NAMES, tableOf } from '../src/measured/pages.ts';
import type { MeasuredDemo } from '../src/measured/demo-table.ts';

describe.each(PLACES)('$page', ({ page, runs }) => {
  it.each(runs)('has the figures of the run "%s" that is kept', async (run) => {
    const text = unpadded(await readFile(pageAt(page), 'utf8'));
    expect(text).toBe(unpadded(withTable(text, run, unpadded(await tableOf(run)))));
  });
});

it('is kept of runs in which nobody came back who had logged out', async () => {
  for (const run of RUN_NAMES) {
    const kept: unknown = JSON.parse(await readFile(fileOf(run), 'utf8'));
    const results = (Array.isArray(kept) ? kept : (kept as MeasuredDemo).measurements) as readonly {
      readonly strategy: string;
      readonly revived: number;
    }[];
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ revived, strategy }) => revived > 0 && strategy.startsWith('sess'))).toEqual([]);
  }
});
