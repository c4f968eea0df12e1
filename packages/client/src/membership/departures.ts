/** Nodes that a key could be on by an earlier view, and that are in rotation no more: each may have taken a copy along. */
import { ownersIn, type RoutingState } from './route.ts';

export interface Departure {
  /** When it is agreed that nobody acts on a view with the node, milliseconds since 1970: a copy that was restored earlier may not be all. */
  readonly agreedAt: number;
  /** Until when a record from before may live, milliseconds since 1970. */
  readonly openUntil: number;
}

/** By node id. `now`: milliseconds since 1970. */
export function departuresIn({ current, others }: RoutingState, now: number): ReadonlyMap<string, Departure> {
  const departures = new Map<string, Departure>();
  for (const { view, openUntil, agreedAfter } of others) {
    if (openUntil <= now) continue;
    for (const { id } of view.nodes) {
      if (current.nodes.some((node) => node.id === id)) continue;
      const known = departures.get(id);
      departures.set(id, {
        agreedAt: Math.max(agreedAfter, known?.agreedAt ?? 0),
        openUntil: Math.max(openUntil, known?.openUntil ?? 0),
      });
    }
  }
  return departures;
}

/** Tells of a key whether the node is to hold it by the current view, or was to by another that is open. Made once for many keys. */
export function heldBy(id: string, { current, others }: RoutingState, now: number): (key: string) => boolean {
  const open = others.filter(({ openUntil }) => openUntil > now).map(({ view }) => view);
  const views = [current, ...open].filter(({ nodes }) => nodes.some((node) => node.id === id));
  return (key) => views.some((view) => ownersIn(view, key).includes(id));
}
