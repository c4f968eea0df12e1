/** A table in Markdown, and its place in a page: between a comment that names it and the one that ends it. */

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Replaces the table of that name. @throws if the page has no place for it */
export function withTable(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- measured: ${name} -->`, '<!-- /measured -->'];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no "${begin}" with a "${end}" behind it`);
  return `${page.slice(0, from)}${begin}\n\n${table}\n\n${page.slice(to)}`;
}

/** The page without the padding of its tables, for comparisons. */
export function unpadded(page: string): string {
  return page.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
