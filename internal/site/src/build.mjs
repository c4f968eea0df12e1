/** Builds the site; with `--serve`, serves it afterwards. */
import { rm } from 'node:fs/promises';
import { build, serve } from 'vitepress';
import { writeReference } from './reference.mjs';
import { writePages } from './pages.mjs';
import { BUILD, PAGES, SITE } from './places.mjs';

await rm(BUILD, { recursive: true, force: true });
const pages = await writePages(PAGES);
await writeReference();
await build(PAGES);
process.stdout.write(`${pages} pages and the reference are in ${SITE}\n`);
if (process.argv.includes('--serve')) await serve({ root: PAGES, port: 4173 });
