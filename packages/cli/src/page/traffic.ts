/** Requests by node, and reads that found nothing by cause, over the last two minutes. */
import type { ClusterPicture, PictureCause, Sample } from '../picture/picture.ts';
import { count } from '../output/format.ts';
import { html, type Markup } from './html.ts';
import { areas, bars, type Layer } from './plots.ts';
import { badge, CAUSE_NAMES, CAUSES, colour, rate } from './words.ts';

const SLOTS = 120;
/** Samples that make one bar. */
const SAMPLES_A_BAR = 2;
/** Nodes with a row of their own: those with the most misses. */
const MOST_ROWS = 12;

export function requests({ samples, nodes }: ClusterPicture): Markup {
  const perSecond = samples.map((sample) => sumOf(sample, ({ requests: amount }) => amount) / sample.seconds);
  const most = Math.max(1, ...perSecond);
  const layers = nodes.map(({ id, number }): Layer => ({
    kind: colour(number),
    part: number,
    values: samples.map((sample) => (sample.nodes.get(id)?.requests ?? 0) / sample.seconds),
  }));
  return html`<h2>Requests a second</h2>
    <p class="figure"><b>${rate(perSecond.at(-1) ?? 0)}</b> now, <b>${rate(most)}</b> at most</p>
    ${areas(layers, SLOTS, most)}${axis()}
    <ul class="key">
      ${nodes.slice(0, 16).map(({ number, id }) => html`<li data-key="${id}" data-part="${number}">${badge(number)} ${rate(lastOf(samples, id))}</li>`)}
    </ul>
    <p class="explains">As the nodes count them, on top of each other.</p>`;
}

export function misses({ samples, nodes, causesFrom }: ClusterPicture): Markup {
  const rows = nodes
    .map((node) => ({ node, causes: samples.map((sample) => sample.nodes.get(node.id)?.causes ?? {}) }))
    .map((row) => ({ ...row, totals: totalsOf(row.causes) }));
  const shown = rows.toSorted((one, other) => sum(other.totals) - sum(one.totals)).slice(0, MOST_ROWS);
  const inOrder = rows.filter((row) => shown.includes(row));
  const grouped = inOrder.map((row) => ({ ...row, bins: binned(row.causes) }));
  const most = Math.max(1, ...grouped.flatMap(({ bins }) => bins.map(sum)));
  const all = totalsOf(rows.map(({ totals }) => totals));
  return html`<h2>Reads that found nothing, by cause</h2>
    <p class="figure"><b>${count(sum(all))}</b> in the last two minutes</p>
    <ul class="strips">
      ${grouped.map(
        ({ node, bins, totals }) =>
          html`<li data-key="${node.id}" data-part="${node.number}">
            ${badge(node.number)}${bars(layersOf(bins), SLOTS / SAMPLES_A_BAR, most)}
            <span>${worded(totals)}</span>
          </li>`,
      )}
    </ul>
    ${axis()}
    <ul class="key causes">
      ${CAUSE_NAMES.filter((cause) => (all[cause] ?? 0) > 0).map(
        (cause) =>
          html`<li data-key="${cause}">
            <i class="${`c-${cause}`}"></i>${CAUSES[cause]} <b>${count(all[cause] ?? 0)}</b>
          </li>`,
      )}
    </ul>
    <p class="explains">${causesFrom === 'nodes' ? FROM_NODES : FROM_APPLICATION}</p>`;
}

const FROM_NODES =
  'As the nodes count them; memcached tells expired and flushed apart. Not there: evicted, lost with a node, not moved yet, or never stored. What the application found all the same is among them: “sess explain” says more of one session.';
const FROM_APPLICATION = 'As the application servers found out after they had answered.';

type Causes = Readonly<Partial<Record<PictureCause, number>>>;

function totalsOf(parts: readonly Causes[]): Causes {
  const totals: Partial<Record<PictureCause, number>> = {};
  for (const part of parts)
    for (const cause of CAUSE_NAMES) if (part[cause] !== undefined) totals[cause] = (totals[cause] ?? 0) + part[cause];
  return totals;
}

/** Pairs of samples, so that the last bar is complete. */
function binned(causes: readonly Causes[]): readonly Causes[] {
  const bins: Causes[] = [];
  for (let end = causes.length; end > 0; end -= SAMPLES_A_BAR)
    bins.unshift(totalsOf(causes.slice(Math.max(0, end - SAMPLES_A_BAR), end)));
  return bins;
}

function layersOf(bins: readonly Causes[]): readonly Layer[] {
  return CAUSE_NAMES.filter((cause) => bins.some((bin) => (bin[cause] ?? 0) > 0)).map((cause) => ({
    kind: `c-${cause}`,
    values: bins.map((bin) => bin[cause] ?? 0),
  }));
}

function worded(totals: Causes): string {
  const found = CAUSE_NAMES.filter((cause) => (totals[cause] ?? 0) > 0);
  return found.length === 0 ? 'none' : found.map((cause) => `${count(totals[cause] ?? 0)} ${CAUSES[cause]}`).join(', ');
}

function sum(causes: Causes): number {
  return Object.values(causes).reduce((total, amount) => total + amount, 0);
}

function sumOf(sample: Sample, of: (node: { readonly requests: number }) => number): number {
  let total = 0;
  for (const node of sample.nodes.values()) total += of(node);
  return total;
}

function lastOf(samples: readonly Sample[], id: string): number {
  const sample = samples.at(-1);
  return sample === undefined ? 0 : (sample.nodes.get(id)?.requests ?? 0) / sample.seconds;
}

function axis(): Markup {
  return html`<p class="axis" aria-hidden="true"><span>2 min ago</span><span>1 min</span><span>now</span></p>`;
}
