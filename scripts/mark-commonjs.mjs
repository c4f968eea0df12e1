/** Says of `dist/commonjs` in the package it is run in that its files are CommonJS; the package itself is ESM. */
import { writeFile } from 'node:fs/promises';

await writeFile('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
