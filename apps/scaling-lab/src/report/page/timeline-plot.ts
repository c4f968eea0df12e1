import type { Bin, TimelineRecord } from '../../users/timeline.ts';
import { failures } from '../table.ts';
import { escape, place } from './markup.ts';

/** Size of the drawing; the page scales it. */
const WIDTH = 520;
const HEIGHT = 128;
const LEFT = 42;
const RIGHT = 6;
const TOP = 18;
const BOTTOM = 18;
const BIN_MS = 500;

/** The layers of each column, from the bottom. The style sheet has their classes. */
const LAYERS: readonly { readonly kind: string; readonly of: (bin: Bin) => number }[] = [
  { kind: 'logged-out', of: ({ answers }) => answers['logged-out'] },
  { kind: 'unreachable', of: ({ answers }) => failures(answers) },
  { kind: 'older', of: ({ older }) => older },
];

/**
 * The duration of a scenario, from its first event. It is the same for all strategies, so that their pictures can be
 * compared.
 */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function spanOf(timelines: readonly TimelineRecord[]): Span {
  const times = timelines.flatMap(({ bins, binMs }) => bins.flatMap(({ atMs }) => [atMs, atMs + binMs]));
  return { fromMs: Math.max(-3_000, Math.min(0, ...times)), toMs: Math.max(1_000, ...times) };
}

/** Shares of the background requests that did not get the current session, over time, with numbered events. */
export function timelinePlot(timeline: TimelineRecord, span: Span): string {
  const x = (atMs: number): number =>
    LEFT + ((atMs - span.fromMs) / (span.toMs - span.fromMs)) * (WIDTH - LEFT - RIGHT);
  const y = (share: number): number => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  return [
    `<svg class="timeline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(labelOf(timeline))}">`,
    ...[0, 0.5, 1].map(
      (share) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${place(y(share))}" y2="${place(y(share))}"/>` +
        `<text class="tick" x="${LEFT - 6}" y="${place(y(share) + 3)}" text-anchor="end">${share * 100}%</text>`,
    ),
    ...secondsIn(span).map(
      (second) =>
        `<text class="tick" x="${place(x(second * 1_000))}" y="${HEIGHT - 4}" text-anchor="middle">${second} s</text>`,
    ),
    ...coarse(timeline.bins)
      .filter(({ atMs }) => atMs >= span.fromMs)
      .map((bin) => column(bin, x, y)),
    ...timeline.marks.map(({ atMs, text }, number) => {
      const at = place(x(atMs));
      return (
        `<g class="mark"><title>${escape(text)}, ${seconds(atMs)}</title><line x1="${at}" x2="${at}" y1="${TOP - 4}" y2="${HEIGHT - BOTTOM}"/>` +
        `<circle cx="${at}" cy="${TOP - 9}" r="7"/><text x="${at}" y="${TOP - 6}" text-anchor="middle">${number + 1}</text></g>`
      );
    }),
    '</svg>',
  ].join('');
}

/** The texts of the plot's numbered events. */
export function markList({ marks }: TimelineRecord): string {
  return `<ol class="marks">${marks.map(({ atMs, text }) => `<li>${escape(text)} <span>${seconds(atMs)}</span></li>`).join('')}</ol>`;
}

function column(bin: Bin, x: (atMs: number) => number, y: (share: number) => number): string {
  const total = Object.values(bin.answers).reduce((sum, each) => sum + each, 0);
  if (total === 0) return '';
  const [from, to] = [x(bin.atMs), x(bin.atMs + BIN_MS)];
  let below = 0;
  const all = `<rect class="answered" x="${place(from + 0.5)}" y="${place(y(1))}" width="${place(to - from - 1)}" height="${place(y(0) - y(1))}"/>`;
  const layers = LAYERS.map(({ kind, of }) => {
    const share = Math.min(1 - below, of(bin) / total);
    if (share <= 0) return '';
    const top = y(below + share);
    const height = y(below) - top;
    below += share;
    return `<rect class="${kind}" x="${place(from + 0.5)}" y="${place(top)}" width="${place(to - from - 1)}" height="${place(height)}"/>`;
  });
  return all + layers.join('');
}

/** Joins bins, so that a single request is not visible. */
function coarse(bins: readonly Bin[]): readonly Bin[] {
  const wide = new Map<number, { readonly answers: Record<string, number>; older: number }>();
  for (const { atMs, answers, older } of bins) {
    const begin = Math.floor(atMs / BIN_MS) * BIN_MS;
    const into = wide.get(begin) ?? {
      answers: Object.fromEntries(Object.keys(answers).map((kind) => [kind, 0])),
      older: 0,
    };
    for (const [kind, number] of Object.entries(answers)) into.answers[kind] = (into.answers[kind] ?? 0) + number;
    into.older += older;
    wide.set(begin, into);
  }
  return Array.from(wide, ([atMs, { answers, older }]) => ({ atMs, answers: answers as Bin['answers'], older }));
}

/** About six round numbers of seconds, for the axis. */
function secondsIn({ fromMs, toMs }: Span): readonly number[] {
  const every = [1, 2, 5, 10, 20, 50, 100, 200].find((step) => (toMs - fromMs) / 1_000 / step <= 7) ?? 500;
  const first = Math.ceil(fromMs / 1_000 / every);
  const last = Math.floor((toMs - 800) / 1_000 / every);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => (first + step) * every);
}

function seconds(atMs: number): string {
  return `${(atMs / 1_000).toFixed(1)} s`;
}

function labelOf({ scenario, strategy, marks }: TimelineRecord): string {
  return `${scenario} with ${strategy}: share of requests that were logged out or out of reach, over time. ${marks.map(({ text }) => text).join(', ')}.`;
}
