import type { PointRing } from './point-ring.ts';

/** A range of hashes with one owner. It begins where the previous arc ends. */
export interface Arc {
  /** The id of the owner. */
  readonly owner: string;
  /** The first hash after the arc, up to 2^32. */
  readonly end: number;
}

/**
 * The arcs of the hashes 0 to 2^32 - 1, in order. Adjacent arcs may have the same owner. Empty if there are no nodes.
 */
export function* ownedArcs(ring: PointRing): Generator<Arc, undefined> {
  const { entries, end } = ring.points;
  // Hashes after the last point belong to the first one, as the entry behind the points says.
  for (let at = 0, from = 0; at <= end; at += 2) {
    const owner = ring.nodes[entries[at + 1] as number];
    const to = (entries[at] as number) + 2 ** 31 + 1;
    if (owner !== undefined && to > from) yield { owner: owner.id, end: to };
    from = to;
  }
}
