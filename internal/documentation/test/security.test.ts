import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

/** `[file](../path): title`, as docs/security.md names its tests. */
const NAMED = /\]\(\.\.\/([^)\s]+\.test\.ts|[^)\s]+\/suite\/[^)\s]+\.ts)\)(?:: `([^`]+)`)?/g;

describe('docs/security.md', () => {
  it('names tests that are there', async () => {
    const named = [...(await read('docs/security.md')).matchAll(NAMED)].map(([, path = '', title]) => ({
      path,
      title,
    }));
    expect(named.length).toBeGreaterThan(30);
    for (const { path, title } of named) {
      expect(title, `${path} is named without the title of a test`).toBeDefined();
      expect(await read(path), `${path} has no test of this title`).toContain(`'${title}'`);
    }
  });

  it('names a test in every row that claims something', async () => {
    const [claims = ''] = (await read('docs/security.md')).split('## What is not promised');
    const rows = claims
      .split('\n')
      .filter((line) => line.startsWith('|') && line.split('|').length === 5 && !/^\| (line|what|-+) /.test(line));
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) expect(row, 'a claim without a test').toMatch(/(?:\.test|\/suite\/[\w-]+)\.ts\): `/);
  });
});
