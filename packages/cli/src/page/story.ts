/** Recent events, the newest first. */
import type { Happening, HappeningKind, Weight } from '../picture/happenings.ts';
import type { ClusterPicture } from '../picture/picture.ts';
import { count } from '../output/format.ts';
import { html, type Markup } from './html.ts';
import { badge, clock } from './words.ts';

const MOST_SHOWN = 30;

const WORDS: Readonly<Record<HappeningKind, string>> = {
  joined: 'joined',
  left: 'left the list',
  down: 'does not answer',
  up: 'answers again',
  restarted: 'restarted, empty',
  flushed: 'was flushed',
  evicting: 'evicts sessions',
  draining: 'is being drained',
  drained: 'is drained',
  'put-back': 'is back in rotation',
  settled: 'Every handover is over',
};
const COSTS: Readonly<Partial<Record<HappeningKind, string>>> = {
  left: 'items were only there',
  down: 'items out of reach',
  restarted: 'items lost',
  flushed: 'items lost',
  evicting: 'items evicted',
};
/** So that colour is not the only sign. */
const SHAPES: Readonly<Record<Weight, string>> = {
  cost: 'M6 0.5L12 11.5H0Z',
  change: 'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z',
  gain: 'M1 6.2L2.6 4.6L5 7L9.6 2L11.2 3.5L5 10Z',
};

export function story({ happenings, numbers }: ClusterPicture): Markup {
  return html`<h2>What happened</h2>
    ${happenings.length === 0 && html`<p class="none">Nothing since this page was opened.</p>`}
    <ol class="story">
      ${happenings.slice(0, MOST_SHOWN).map((happening) => one(happening, numbers))}
    </ol>`;
}

function one(happening: Happening, numbered: ReadonlyMap<string, number>): Markup {
  const { at, kind, weight, node, items, means } = happening;
  const number = node === undefined ? undefined : numbered.get(node);
  const cost = items > 0 ? COSTS[kind] : undefined;
  return html`<li class="${weight}">
    <time datetime="${new Date(at).toISOString()}">${clock(at)}</time>
    <svg viewBox="0 0 12 12" aria-hidden="true"><path d="${SHAPES[weight]}" /></svg>
    <div>
      <p class="what">
        ${number === undefined ? node : badge(number)}
        ${WORDS[kind]}${cost !== undefined && html`: <b>about ${count(items)} ${cost}</b>`}
      </p>
      <p class="explains">${means}</p>
    </div>
  </li>`;
}
