/** The views that are open beside the current one, as plain values: for people and tools. */
import type { Handover } from '../contract.ts';
import type { RoutingState } from './route.ts';

/** Those that are open at `now`, the oldest first. */
export function openHandovers({ others }: RoutingState, now: number): readonly Handover[] {
  return others
    .filter(({ openUntil }) => openUntil > now)
    .map(({ view, confirmedAt, agreedAfter, openUntil }) => ({
      nodes: view.nodes.map(({ id }) => id),
      copies: view.copies,
      cause: view.cause,
      since: confirmedAt,
      phase: now < agreedAfter ? 'overlap' : 'handover',
      agreedAt: agreedAfter,
      until: openUntil,
    }));
}
