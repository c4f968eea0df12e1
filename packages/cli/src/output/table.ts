import { stripVTControlCharacters } from 'node:util';

import Table from 'cli-table3';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

/** A table style with only a rule below the titles. */
const WITHOUT_BORDERS = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid-mid right right-mid middle'
    .split(' ')
    .map((place) => [place, '']),
);

/** A table; if it is wider than `width`, prints each row as a few lines, with the first column as a heading. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const wide = asTable(columns, rows);
  const isTooWide = wide.split('\n').some((line) => stripVTControlCharacters(line).length > width);
  return isTooWide ? asList(columns, rows) : wide;
}

function asTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const printed = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align = 'left' }) => align),
    chars: { ...WITHOUT_BORDERS, mid: '', middle: '  ' },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  printed.push(...rows.map((row) => columns.map(({ cell }) => cell(row))));
  return printed
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function asList<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const [heading, ...others] = columns;
  const longest = Math.max(0, ...others.map(({ title }) => title.length));
  return rows
    .map((row) => {
      const lines = others
        .map(({ title, cell }) => [title, cell(row)] as const)
        .filter(([, said]) => said !== '')
        .map(([title, said]) => `  ${title.padEnd(longest)}  ${said}`);
      return [heading?.cell(row) ?? '', ...lines].join('\n');
    })
    .join('\n');
}
