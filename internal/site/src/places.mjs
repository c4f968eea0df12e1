import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const BUILD = fileURLToPath(new URL('../dist', import.meta.url));
/** VitePress's input: copies of the repository's pages. */
export const PAGES = join(BUILD, 'pages');
export const SITE = join(BUILD, 'site');
export const REPOSITORY = 'https://github.com/sess-js/sess';
