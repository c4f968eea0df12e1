/** The pages of the site: all READMEs and all pages of `docs/`, at their paths in the repository. */
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { REPOSITORY, ROOT } from './places.mjs';

const TOP = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md'];

/** @param {string} target an empty folder @returns {Promise<number>} how many pages there are */
export async function writePages(target) {
  const pages = [...TOP, ...(await docsIn('docs')), ...(await readmesIn('packages')), ...(await readmesIn('apps'))];
  for (const path of pages) {
    const text = await readFile(join(ROOT, path), 'utf8');
    const place = join(target, nameOf(path));
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, await withLinksOfSite(text, path, pages));
  }
  await cp(new URL('config.mjs', import.meta.url), join(target, '.vitepress/config.mjs'));
  await writeFile(join(target, '.vitepress/sidebar.json'), JSON.stringify(await sidebar(pages)));
  return pages.length;
}

/** A folder's README becomes its index page. @param {string} path */
function nameOf(path) {
  return path.replace(/README\.md$/, 'index.md');
}

/** @param {string} folder @returns {Promise<readonly string[]>} */
async function docsIn(folder) {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return docsIn(path);
      return path.endsWith('.md') ? [path] : [];
    }),
  );
  return found.flat().toSorted();
}

/** @param {string} folder @returns {Promise<readonly string[]>} */
async function readmesIn(folder) {
  const found = [];
  for (const name of await readdir(join(ROOT, folder))) {
    const path = posix.join(folder, name, 'README.md');
    if (await stat(join(ROOT, path)).catch(() => undefined)) found.push(path);
  }
  return found;
}

/**
 * Keeps links to pages of the site; a link to a folder leads to its README, one to another file to the repository.
 *
 * @param {string} text
 * @param {string} path
 * @param {readonly string[]} pages
 */
async function withLinksOfSite(text, path, pages) {
  return text.replaceAll(/(\]\()([^)\s]+)(\))/g, (whole, before, link, after) => {
    if (/^(?:[a-z]+:|#)/.test(link)) return whole;
    const [file = '', anchor] = link.split('#');
    const target = posix.join(posix.dirname(path), file).replace(/\/$/, '');
    const page = [target, posix.join(target, 'README.md')].find((each) => pages.includes(each));
    const suffix = anchor === undefined ? '' : `#${anchor}`;
    if (page !== undefined) return `${before}/${nameOf(page)}${suffix}${after}`;
    return `${before}${REPOSITORY}/blob/main/${target}${suffix}${after}`;
  });
}

/** Uses the pages' titles. @param {readonly string[]} pages */
async function sidebar(pages) {
  /** @param {(path: string) => boolean} isIn */
  const group = (isIn) =>
    Promise.all(
      pages.filter(isIn).map(async (path) => ({
        text: /^# (.*)$/m.exec(await readFile(join(ROOT, path), 'utf8'))?.[1]?.replaceAll('`', '') ?? path,
        link: `/${nameOf(path).replace(/(?:index)?\.md$/, '')}`,
      })),
    );
  return [
    {
      text: 'Begin here',
      items: [
        { text: 'README', link: '/' },
        { text: 'API reference', link: '/api/index.html', target: '_blank' },
      ],
    },
    { text: 'Packages', items: await group((path) => path.startsWith('packages/')) },
    { text: 'Pages', items: await group((path) => /^docs\/(?!guides\/|decisions\/)/.test(path)) },
    { text: 'Guides', items: await group((path) => path.startsWith('docs/guides/')) },
    { text: 'Decisions', collapsed: true, items: await group((path) => path.startsWith('docs/decisions/')) },
    { text: 'Applications', items: await group((path) => path.startsWith('apps/')) },
    { text: 'The project', items: await group((path) => TOP.includes(path) && path !== 'README.md') },
  ];
}
