/** A card for each node: its state, its memory and items, its requests. */
import type { ClusterPicture, PictureNode, Sample } from '../picture/picture.ts';
import { count, duration, percent } from '../output/format.ts';
import { html, type Markup } from './html.ts';
import { line } from './plots.ts';
import { badge, colour, rate } from './words.ts';

/** Points of a card's line, one per second. */
const SLOTS = 60;
/** Rates cover this many samples. */
const RECENT = 3;

/** `actions` are buttons below a node's figures. */
export function nodeCards(picture: ClusterPicture, actions: (node: PictureNode) => Markup | undefined): Markup {
  const samples = picture.samples.slice(-SLOTS);
  const most = Math.max(
    1,
    ...samples.flatMap((sample) => [...sample.nodes.values()].map((node) => node.requests / sample.seconds)),
  );
  const fullest = Math.max(1, ...picture.nodes.map(({ figures }) => figures?.items ?? 0));
  return html`<h2>The nodes</h2>
    <ul class="nodes${picture.nodes.length === 2 || picture.nodes.length === 4 ? ' pairs' : ''}">
      ${picture.nodes.map((node) => card(node, samples, { most, fullest }, actions(node)))}
    </ul>`;
}

interface Scale {
  readonly most: number;
  readonly fullest: number;
}

function card(node: PictureNode, samples: readonly Sample[], scale: Scale, actions: Markup | undefined): Markup {
  const { id, number, figures, share } = node;
  const requests = samples.map((sample) => (sample.nodes.get(id)?.requests ?? 0) / sample.seconds);
  const kind = stateOf(node).kind;
  return html`<li class="node ${colour(number)} is-${kind}" data-key="${id}" data-part="${number}">
    <header>
      <button
        class="point-out"
        type="button"
        data-point-out="${number}"
        aria-pressed="false"
        aria-label="${`Point out node ${number}`}"
      >
        ${badge(number)}
      </button>
      <h3>${id}</h3>
      ${state(node)}
    </header>
    ${holds(share, figures?.items, scale.fullest)} ${line(colour(number), requests, SLOTS, scale.most)}
    <dl>
      ${fact('requests/s', rate(recent(node, samples, 'requests')))}${fact('misses/s', rate(recent(node, samples, 'misses')))}${
        figures !== undefined &&
        html`${fact('memory', percent(figures.bytes / Math.max(1, figures.limitBytes)))}${fact(
          'evicted',
          count(figures.evictions),
          figures.evictions > 0,
        )}${fact('connections', count(figures.connections))}${fact('up for', duration(figures.uptimeSeconds))}`
      }
    </dl>
    ${figures === undefined && silence(node)} ${actions}
  </li>`;
}

function silence({ isListed, error }: PictureNode): Markup {
  return isListed
    ? html`<p class="error">${error ?? 'It does not answer.'}</p>`
    : html`<p class="explains">
        It left the list, and does not answer. While a handover is open, it is asked all the same.
      </p>`;
}

function holds(share: number | undefined, items: number | undefined, fullest: number): Markup {
  return html`<div class="holds">
    <p><b>${items === undefined ? '–' : count(items)}</b> items</p>
    <p>${share === undefined ? 'owns no session' : html`owns <b>${percent(share)}</b>`}</p>
    <svg class="chart level" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="fill" width="${(100 * (items ?? 0)) / fullest}" height="6" />
    </svg>
  </div>`;
}

function fact(title: string, value: string, isWarning = false): Markup {
  return html`<div${isWarning && html` class="warns"`}><dt>${title}</dt><dd>${value}</dd></div>`;
}

/** Per second, over the last few samples. */
function recent({ id }: PictureNode, samples: readonly Sample[], name: 'requests' | 'misses'): number {
  const last = samples.slice(-RECENT);
  const seconds = last.reduce((sum, sample) => sum + sample.seconds, 0);
  return seconds === 0 ? 0 : last.reduce((sum, sample) => sum + (sample.nodes.get(id)?.[name] ?? 0), 0) / seconds;
}

function state(node: PictureNode): Markup {
  const { kind, word } = stateOf(node);
  return html`<span class="state ${kind}"
    ><svg viewBox="0 0 12 12" aria-hidden="true"><path d="${SHAPES[kind]}" /></svg>${word}</span
  >`;
}

type StateKind = 'up' | 'down' | 'leaving' | 'gone';

/** So that colour is not the only sign of a state. */
const SHAPES: Readonly<Record<StateKind, string>> = {
  up: 'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z',
  down: 'M6 0.5L12 11.5H0Z',
  leaving: 'M1 4.5H6V1L11.5 6L6 11V7.5H1Z',
  gone: 'M1 5H11V7H1Z',
};

function stateOf({ health, drain, isListed }: PictureNode): { readonly kind: StateKind; readonly word: string } {
  if (!isListed) return { kind: 'gone', word: health === 'down' ? 'off the list, gone' : 'off the list' };
  if (health === 'down') return { kind: 'down', word: 'does not answer' };
  if (drain !== undefined) return { kind: 'leaving', word: drain };
  return { kind: 'up', word: health === 'up' ? 'up' : 'not asked yet' };
}
