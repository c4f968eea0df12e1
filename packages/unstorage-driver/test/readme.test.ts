import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

it('the README shows the configuration of the Nitro application that another test builds', async () => {
  const config = (await read('./fixtures/shop/nitro.config.js')).split('*/\n')[1] ?? 'nothing';
  expect(await read('../README.md')).toContain(config);
});
