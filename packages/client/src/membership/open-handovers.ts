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

/**
 * Milliseconds until nothing is alive that only `id` holds; 0 when no open view names it. If the history had to leave
 * views out, these may name it as well.
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
