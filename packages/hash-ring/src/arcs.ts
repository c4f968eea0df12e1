import type { PointRing } from './point-ring.ts';

/** A stretch of hashes of one owner, from where the one before it ends. */
export interface Arc {
  /** The id of the owner. */
  readonly owner: string;
  /** The first hash behind it, up to 2^32. */
  readonly end: number;
}

/**
 * The hashes from 0 to 2^32 - 1 by owner, in order; arcs of the same owner may follow each other. Nothing when there
 * are no nodes.
 */
export function* ownedArcs(ring: PointRing): Generator<Arc, undefined> {
  const { entries, end } = ring.points;
  // What is behind the last point belongs to the first one: the entry behind the points says so.
  for (let at = 0, from = 0; at <= end; at += 2) {
    const owner = ring.nodes[entries[at + 1] as number];
    const to = (entries[at] as number) + 2 ** 31 + 1;
    if (owner !== undefined && to > from) yield { owner: owner.id, end: to };
    from = to;
  }
}
