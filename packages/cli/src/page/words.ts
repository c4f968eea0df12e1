/** The texts of the page. */
import type { PictureCause } from '../picture/picture.ts';
import { plural } from '../output/format.ts';
import { html, type Markup } from './html.ts';

/** In stacking order, the harmless ones first. */
export const CAUSES: Readonly<Record<PictureCause, string>> = {
  expired: 'expired',
  destroyed: 'logged out',
  revoked: 'revoked',
  'not-there': 'not there',
  unknown: 'unknown',
  evicted: 'evicted',
  'node-restarted': 'node restarted',
  'node-lost': 'node lost',
  flushed: 'flushed',
  'other-cluster': 'another cluster',
  foreign: 'foreign bytes',
};

export const CAUSE_NAMES = Object.keys(CAUSES) as readonly PictureCause[];

/** A node's number in its colour. */
export function badge(number: number): Markup {
  return html`<b class="badge ${colour(number)}">${number}</b>`;
}

/** There are eight colours; with more nodes, the number distinguishes them. */
export function colour(number: number): string {
  return `n${((number - 1) % 8) + 1}`;
}

export function badges(ids: readonly string[], numbered: ReadonlyMap<string, number>): readonly Markup[] {
  const known = ids.flatMap((id) => numbered.get(id) ?? []);
  const shown = known.slice(0, 8).map(badge);
  const more = ids.length - shown.length;
  return more === 0 ? shown : [...shown, html` <span>and ${plural(more, 'more', 'more')}</span>`];
}

/** Hours, minutes and seconds. */
export function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** `0`, `0.4`, `12`, `1,204`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US');
}
