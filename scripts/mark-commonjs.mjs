/** Marks `dist/commonjs` in the current package as CommonJS, because the package itself is ESM. */
import { writeFile } from 'node:fs/promises';

await writeFile('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
