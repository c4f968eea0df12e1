/** The share of the sessions that moves from one node to another. */
import { compare, type Flow } from '@sess/hash-ring';
import type { ClientTopology, Handover } from '@sess/client';

import { ringOf, ringNodes } from '../cluster/ring.ts';
import type { ClusterSettings } from '../cluster/settings.ts';

export interface Move {
  /** Ids of the nodes that were in rotation before. */
  readonly from: readonly string[];
  /** Share of all sessions whose first owner changed, 0 to 1. */
  readonly moved: number;
  /** The largest first. */
  readonly flows: readonly Flow[];
  readonly phase: Handover['phase'];
}

/** Computes moves and caches the last one: nodes change rarely, and the page is drawn every second. */
export class MoveFinder {
  readonly #settings: Pick<ClusterSettings, 'distribution'>;
  #key = '';
  #found: Pick<Move, 'moved' | 'flows'> = { moved: 0, flows: [] };

  constructor(settings: Pick<ClusterSettings, 'distribution'>) {
    this.#settings = settings;
  }

  /** The move of the newest handover whose nodes differ from those in rotation. */
  find(topology: ClientTopology, handovers: readonly Handover[]): Move | undefined {
    const { rotation } = topology;
    const handover = handovers.findLast(({ nodes }) => nodes.length > 0 && !isSame(nodes, rotation));
    if (handover === undefined || rotation.length === 0) return undefined;
    const { nodes: from, phase } = handover;
    const key = JSON.stringify([from, rotation]);
    if (key !== this.#key) {
      this.#key = key;
      this.#found = this.#compare(topology, from);
    }
    return { from, phase, ...this.#found };
  }

  #compare(topology: ClientTopology, from: readonly string[]): Pick<Move, 'moved' | 'flows'> {
    const weights = new Map(ringNodes(topology).map(({ id, weight }) => [id, weight]));
    const before = this.#settings.distribution(from.map((id) => ({ id, weight: weights.get(id) ?? 1 })));
    const { moved, flows } = compare(before, ringOf(topology, this.#settings));
    return { moved, flows };
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
