/** Nodes of earlier views that are no longer in rotation: each may have held the only copy of a record. */
import { ownersThen, type RoutingState } from './route.ts';

export interface Departure {
  /**
   * When every client had stopped using a view with the node, in milliseconds since 1970. Copies restored before that
   * may be incomplete.
   */
  readonly agreedAt: number;
  /** When the last record written before that has expired, in milliseconds since 1970. */
  readonly openUntil: number;
}

/** By node id. `now`: milliseconds since 1970. */
export function departuresIn({ current, others, aliases }: RoutingState, now: number): ReadonlyMap<string, Departure> {
  const departures = new Map<string, Departure>();
  for (const { view, openUntil, agreedAfter } of others) {
    if (openUntil <= now) continue;
    for (const { id } of view.nodes) {
      if (aliases.has(id) || current.nodes.some((node) => node.id === id)) continue;
      const known = departures.get(id);
      departures.set(id, {
        agreedAt: Math.max(agreedAfter, known?.agreedAt ?? 0),
        openUntil: Math.max(openUntil, known?.openUntil ?? 0),
      });
    }
  }
  return departures;
}

/** Returns whether the node owns a key in the current view or in any open one. Create it once for many keys. */
export function heldBy(id: string, state: RoutingState, now: number): (key: string) => boolean {
  const { current, others, aliases } = state;
  const open = others.filter(({ openUntil }) => openUntil > now).map(({ view }) => view);
  const views = [current, ...open].filter(({ nodes }) =>
    nodes.some((node) => (aliases.get(node.id) ?? node.id) === id),
  );
  return (key) => views.some((view) => ownersThen(view, key, state).includes(id));
}
