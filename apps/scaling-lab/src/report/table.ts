import Table from 'cli-table3';
import type { Measurement } from '../measure/measurement.ts';
import { mainReason, WHY_LEGEND } from './why.ts';

/** Width of the bar of logged-in users, in characters. */
const BAR_WIDTH = 8;

/** A table style with only a rule below the titles. */
const WITHOUT_BORDERS = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid-mid right right-mid middle'
    .split(' ')
    .map((place) => [place, '']),
);

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (measured: Measurement) => string;
}

const STRATEGY: Column = { title: 'strategy', align: 'left', cell: ({ strategy }) => strategy };
/** The columns about logged-out users. */
const OUTCOME: readonly Column[] = [
  STRATEGY,
  {
    title: 'still logged in',
    align: 'left',
    cell: (measured) => `${bar(measured)} ${percent(share(measured, 'logged-in')).padStart(7)}`,
  },
  { title: 'logged out', align: 'right', cell: ({ found }) => count(found['logged-out']) },
  { title: 'theory', align: 'right', cell: ({ expected, users }) => theory(expected.loggedOut, users) },
  { title: 'error', align: 'right', cell: ({ found }) => count(found.unavailable) },
  { title: 'why', align: 'left', cell: mainReason },
];
/** The columns with all other counts. */
const DETAILS: readonly Column[] = [
  STRATEGY,
  { title: 'older state', align: 'right', cell: ({ sawOlder }) => count(sawOlder) },
  { title: 'revived', align: 'right', cell: ({ revived, left }) => `${count(revived)} of ${count(left)}` },
  {
    title: 'failed',
    align: 'right',
    cell: ({ traffic }) => `${count(failures(traffic))} of ${count(sum(Object.values(traffic)))}`,
  },
  { title: 'extra', align: 'right', cell: extra },
  { title: 'theory of error', align: 'right', cell: ({ expected, users }) => theory(expected.unavailable, users) },
];

/** The logged-out users and the reasons, for a terminal of 80 columns, grouped by event. */
export function table(measurements: readonly Measurement[]): string {
  return inGroups(OUTCOME, measurements);
}

/** All other counts, in the same order. */
export function detailsTable(measurements: readonly Measurement[]): string {
  return inGroups(DETAILS, measurements);
}

/** One table, with each event above its rows. */
function inGroups(columns: readonly Column[], measurements: readonly Measurement[]): string {
  const printed = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align),
    style: { compact: true, head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: { ...WITHOUT_BORDERS, mid: '─' },
  });
  printed.push(...measurements.map((measured) => columns.map(({ cell }) => cell(measured))));
  const [titles = '', rule = '', ...rows] = printed.toString().split('\n');
  const lines = rows.flatMap((row, place) => {
    const [measured, before] = [measurements[place], measurements[place - 1]];
    const isFirst = measured !== undefined && (before === undefined || event(before) !== event(measured));
    return isFirst ? ['', event(measured), row] : [row];
  });
  const trimmed = [titles, ...lines].map((line) => line.trimEnd());
  const width = Math.max(...trimmed.map((line) => line.length));
  return trimmed.toSpliced(1, 0, rule.slice(0, width)).join('\n');
}

export const LEGEND: readonly string[] = [
  'still logged in █, logged out · (401), error ░ (503: comes back with its node): every user asked once, after every app process knew of the event',
  'theory: computed from the node lists of this run; – where it says nothing',
  WHY_LEGEND,
  'older state: users who were shown a cart without an item that had been acknowledged; revived: of those who logged out, whose old cookie still works',
  'failed: background requests during the event that got 503, another error, or no answer; extra: what the nodes were asked for meanwhile, beyond what that traffic costs',
];

/** Wraps text to lines of at most `width` characters. Indents all but the first. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** Number of background requests that got neither a session nor the answer that there is none. */
export function failures({ unavailable, failed, stranger }: Measurement['traffic']): number {
  return unavailable + failed + stranger;
}

/** `scale-up, added (3→4)`; `crash, listed (3)`. */
function event({ scenario, phase, nodesBefore, nodesAfter }: Measurement): string {
  const nodes = nodesBefore === nodesAfter ? String(nodesBefore) : `${nodesBefore}→${nodesAfter}`;
  return `${scenario}, ${phase} (${nodes})`;
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

/** A percentage, rounded down, so that 100 % means all users. */
function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1_000) / 10).toFixed(1)} %`;
}

function theory(fraction: number | undefined, users: number): string {
  return fraction === undefined ? '–' : count(Math.round(fraction * users));
}

/** `+120 (31 %)`. Shows a negative difference as 0, because it is chance. */
function extra({ nodeRequests: { seen, baseline } }: Measurement): string {
  const more = Math.max(0, seen - baseline);
  return baseline === 0 ? '–' : `+${count(more)} (${Math.round((more / baseline) * 100)} %)`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
