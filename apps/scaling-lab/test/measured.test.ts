import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { unpadded, withTable } from '../src/measured/markdown.ts';
import { pageAt, PLACES, tableOf } from '../src/measured/pages.ts';

describe.each(PLACES)('$page', ({ page, runs }) => {
  it.each(runs)('has the figures of the run "%s" that is kept', async (run) => {
    const text = unpadded(await readFile(pageAt(page), 'utf8'));
    expect(text).toBe(unpadded(withTable(text, run, unpadded(await tableOf(run)))));
  });
});
