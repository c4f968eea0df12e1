import type { Measurement } from './measurement.ts';

/** Width of the bar that shows who is still logged in, in characters. */
const BAR_WIDTH = 12;

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (measured: Measurement) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'event', align: 'left', cell: event },
  { title: 'strategy', align: 'left', cell: ({ strategy }) => strategy },
  { title: 'still logged in', align: 'left', cell: (measured) => `${bar(measured)} ${percent(share(measured, 'logged-in')).padStart(7)}` },
  { title: 'logged out', align: 'right', cell: ({ found }) => count(found['logged-out']) },
  { title: 'expected', align: 'right', cell: ({ expected, users }) => count(Math.round(expected.loggedOut * users)) },
  { title: 'out of reach', align: 'right', cell: ({ found }) => count(found.unavailable) },
  { title: 'expected', align: 'right', cell: ({ expected, users }) => count(Math.round(expected.unavailable * users)) },
  { title: 'requests', align: 'right', cell: ({ traffic }) => count(sum(Object.values(traffic))) },
  { title: '503', align: 'right', cell: ({ traffic }) => count(traffic.unavailable) },
  {
    title: 'failed',
    align: 'right',
    cell: ({ traffic, found }) => count(traffic.failed + traffic.stranger + found.failed + found.stranger),
  },
];

/** The measurements as a table for a terminal; strategies of one event stand together. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measured) => COLUMNS.map(({ cell }) => cell(measured)));
  const widths = COLUMNS.map(({ title }, place) => Math.max(title.length, ...rows.map((row) => row[place]?.length ?? 0)));
  const lines = [COLUMNS.map(({ title }) => title), widths.map((width) => '─'.repeat(width)), ...withoutRepeats(rows)];
  return lines
    .map((row) =>
      row
        .map((text, place) => aligned(text, place, widths))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const LEGEND = [
  'still logged in, logged out (401), out of reach (503: comes back with its node): every user asked once, after every app process knew of the event',
  'requests: background traffic during the event; 503: its session was out of reach; failed: any other error, or no answer',
] as const;

/** `scale-up, added (3→4)`; `crash, listed (3)`. */
function event({ scenario, phase, nodesBefore, nodesAfter }: Measurement): string {
  const nodes = nodesBefore === nodesAfter ? String(nodesBefore) : `${nodesBefore}→${nodesAfter}`;
  return `${scenario}, ${phase} (${nodes})`;
}

function withoutRepeats(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.map((row, place) => (row[0] === rows[place - 1]?.[0] ? ['', ...row.slice(1)] : row));
}

function aligned(text: string, place: number, widths: readonly number[]): string {
  const width = widths[place] ?? 0;
  return COLUMNS[place]?.align === 'right' ? text.padStart(width) : text.padEnd(width);
}

/** Full blocks for the logged in, light ones for those out of reach, dots for the logged out. */
function bar(measured: Measurement): string {
  const full = Math.round(share(measured, 'logged-in') * BAR_WIDTH);
  const light = Math.min(BAR_WIDTH - full, Math.round(share(measured, 'unavailable') * BAR_WIDTH));
  return '█'.repeat(full) + '░'.repeat(light) + '·'.repeat(BAR_WIDTH - full - light);
}

function share({ found, users }: Measurement, outcome: keyof Measurement['found']): number {
  return users === 0 ? 0 : found[outcome] / users;
}

/** Rounded down, so that 100 % means everybody. */
function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1_000) / 10).toFixed(1)} %`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
