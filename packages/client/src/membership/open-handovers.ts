/** The open views beside the current one: as plain values for people and tools, and those that can be finished. */
import type { Handover } from '../contract.ts';
import type { Closable } from './closings.ts';
import { isDraining } from './drains.ts';
import { ringOf } from './fingerprint.ts';
import type { Membership } from './membership.ts';
import type { RoutingState } from './route.ts';

/** The views that are open at `now`, the oldest first. */
export function openHandovers({ others }: RoutingState, now: number): readonly Handover[] {
  return others
    .filter(({ openUntil }) => openUntil > now)
    .map(({ view, confirmedAt, agreedAfter, openUntil, stage }) => ({
      nodes: view.nodes.map(({ id }) => id),
      copies: view.copies,
      ring: { fingerprint: ringOf(view), nodes: view.nodes, since: view.since, confirmedAt },
      cause: view.cause,
      since: confirmedAt,
      phase: now < agreedAfter ? 'overlap' : stage === 'open' ? 'handover' : 'closing',
      agreedAt: agreedAfter,
      until: openUntil,
    }));
}

/**
 * Milliseconds until every record that only `id` may hold has expired; 0 if no open view names `id`. Views that the
 * history had to omit may name `id` as well.
 */
export function handedOverInMs(
  id: string,
  { others }: Pick<RoutingState, 'others'>,
  truncatedUntil: number,
  now: number,
): number {
  const naming = others.filter(({ view }) => view.nodes.some((node) => node.id === id));
  return Math.max(0, truncatedUntil - now, ...naming.map(({ openUntil }) => openUntil - now));
}

/**
 * The views whose handover can be finished: those beside the current one, if all clients act on the current one.
 * `undefined` while a client may act on another view, while a node is being drained, or if this client must not connect
 * to a node of those views.
 */
export function closableViews(
  { state, history, unlisted }: Pick<Membership, 'state' | 'history' | 'unlisted'>,
  now: number,
): readonly Closable[] | undefined {
  if (state === undefined || now < state.agreedAt || unlisted.size > 0) return undefined;
  if ([...history.drains.keys()].some((id) => isDraining(history, id))) return undefined;
  return state.others.flatMap(({ view: { id } }) => {
    const entry = history.views.get(id);
    return entry === undefined ? [] : [{ id, confirmedAt: entry.confirmedAt }];
  });
}
