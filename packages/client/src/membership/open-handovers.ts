/** The open views beside the current one as plain values, for people and tools. */
import type { Handover } from '../contract.ts';
import { ringOf } from './fingerprint.ts';
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
