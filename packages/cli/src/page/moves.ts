/** Open handovers and drains, with their progress. */
import type { Handover } from '@sess/client';

import type { ClusterPicture, PictureNode } from '../picture/picture.ts';
import type { MoveProgress } from '../cluster/move-watch.ts';
import { duration, plural, progressText } from '../output/format.ts';
import { html, type Markup } from './html.ts';
import { badge, badges } from './words.ts';

/** Above this, they are counted, not listed. */
const MOST_SHOWN = 5;
const STEPS = [
  ['overlap', 'agree'],
  ['handover', 'ask earlier owners'],
  ['closing', 'bring the rest'],
] as const;

export function moves({ at, status, nodes, numbers, progress: known }: ClusterPicture): Markup {
  const drains = nodes.filter(({ drain }) => drain !== undefined);
  const newestFirst = status.handovers.toReversed();
  const more = newestFirst.length - MOST_SHOWN;
  return html`<h2>Handovers and drains</h2>
    ${drains.length + newestFirst.length === 0 && html`<p class="none">None is open: every session is where it belongs.</p>`}
    <ul class="moves">
      ${drains.map((node) => drainOf(node, status.handovers, at, known.get(node.id)))}
      ${newestFirst.slice(0, MOST_SHOWN).map((handover) => one(handover, numbers, at, known.get(handover.ring.fingerprint)))}
    </ul>
    ${more > 0 && html`<p class="explains">${`and ${plural(more, 'earlier one')}`}</p>`}
    ${
      status.settingsDiffer &&
      html`<p class="error">
        The clients place sessions otherwise than this command was told: give the copies and the distribution that they
        have.
      </p>`
    }`;
}

function one(
  handover: Handover,
  numbered: ReadonlyMap<string, number>,
  at: number,
  known: MoveProgress | undefined,
): Markup {
  const { nodes, phase, copies } = handover;
  const now = STEPS.findIndex(([name]) => name === phase);
  return html`<li data-key="${`${nodes.join()}-${copies}`}">
    <p class="what">From ${badges(nodes, numbered)}</p>
    <ol class="steps">
      ${STEPS.map(([, word], place) => html`<li class="${place < now ? 'done' : place === now ? 'now' : 'later'}" ${place === now && html` aria-current="step"`}>${word}</li>`)}
    </ol>
    ${progress(handover, at, known)}
  </li>`;
}

function progress({ phase, since, agreedAt, until }: Handover, at: number, known: MoveProgress | undefined): Markup {
  const end = phase === 'overlap' ? agreedAt : until;
  const left = duration((end - at) / 1_000);
  const says = {
    overlap: `Some servers may still act on them for ${left}.`,
    handover: `They are asked for what is nowhere else, for ${left} at the most.`,
    closing: 'What is left on them is being brought to where it belongs.',
  }[phase];
  const timeDone = Math.min(1, Math.max(0, (at - since) / Math.max(1, end - since)));
  return html`${meter(known?.moved ?? (phase === 'closing' ? undefined : timeDone))}
    ${known !== undefined && arrived(known)}
    <p class="explains">${says}</p>`;
}

/** How many sessions are on their owners, the rate, and the estimated time left. */
function arrived(known: MoveProgress): Markup {
  return html`<p class="arrived">${progressText(known)}</p>`;
}

function drainOf(
  { number, id, drain: state }: PictureNode,
  handovers: readonly Handover[],
  at: number,
  known: MoveProgress | undefined,
): Markup {
  if (state === 'drained')
    return html`<li data-key="${`drain-${id}`}">
      <p class="what">${badge(number)} is drained</p>
      ${meter(1)}
      <p class="explains">All that it holds is on the other nodes too: it can be removed.</p>
    </li>`;
  const overlap = handovers.find(({ nodes, phase }) => phase === 'overlap' && nodes.includes(id));
  return html`<li data-key="${`drain-${id}`}">
    <p class="what">${badge(number)} is being drained</p>
    ${meter(known?.moved)} ${known !== undefined && arrived(known)}
    <p class="explains">
      ${
        overlap === undefined
          ? 'Its sessions are on their way to the other nodes.'
          : `First every server has to act without it: ${duration((overlap.agreedAt - at) / 1_000)} left.`
      }
    </p>
  </li>`;
}

/** `undefined` if the progress is unknown. */
function meter(done: number | undefined): Markup {
  return html`<svg
    class="chart level${done === undefined ? ' unknown' : ''}"
    viewBox="0 0 100 6"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <rect class="track" width="100" height="6" />
    <rect class="fill" width="${100 * (done ?? 1)}" height="6" />
  </svg>`;
}
