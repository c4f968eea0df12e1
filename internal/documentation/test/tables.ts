/** A row of a table in Markdown, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** All rows of the tables of a page whose first cell is code. */
export function rowsOf(page: string): readonly Row[] {
  const rows: Row[] = [];
  let header: readonly string[] = [];
  let isInTable = false;
  for (const line of page.split('\n')) {
    const cells = line.startsWith('|') ? cellsOf(line) : [];
    if (cells.length === 0) isInTable = false;
    else if (!isInTable) [header, isInTable] = [cells, true];
    else if ((cells[0] ?? '').startsWith('`'))
      rows.push(Object.fromEntries(cells.map((cell, index) => [header[index] ?? '', cell])));
  }
  return rows;
}

function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** The names in code of a cell: `copies`, or `cookie.name` as `name`. */
export function namesIn(cell: string | undefined): readonly string[] {
  return [...(cell ?? '').matchAll(/`(?:\w+\.)?([\w-]+)`/g)].map(([, name]) => name ?? '');
}
