/** Generates the API reference from the packages' docstrings; fails on a broken link. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Application } from 'typedoc';
import { PAGES, ROOT } from './places.mjs';

/** Exports may mention internal types, but links must resolve. */
const VALIDATION = { invalidLink: true, notExported: false, notDocumented: false };

export async function writeReference() {
  const application = await Application.bootstrapWithPlugins({
    name: '@sess',
    entryPointStrategy: 'packages',
    entryPoints: await documented(),
    packageOptions: {
      entryPoints: ['src/index.ts'],
      readme: 'none',
      validation: VALIDATION,
      excludeExternals: true,
      excludePrivate: true,
    },
    readme: 'none',
    validation: VALIDATION,
    hideGenerator: true,
    logLevel: 'Warn',
  });
  const project = await application.convert();
  if (project === undefined) throw new Error('the packages do not compile');
  application.validate(project);
  await application.generateDocs(project, join(PAGES, 'public/api'));
  if (application.logger.hasErrors() || application.logger.hasWarnings())
    throw new Error('the reference has faults: see above');
}

/** All packages with exports. */
async function documented() {
  const packages = [];
  for (const name of await readdir(join(ROOT, 'packages'))) {
    const folder = join(ROOT, 'packages', name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (manifest.exports?.['.'] !== undefined) packages.push(folder);
  }
  return packages;
}
