/**
 * Why copies are restored: a node returned, or left. Either way it took along what it held, also as an earlier owner of
 * keys that nobody has asked for since: their owners lack it as well.
 */
import { keyIn } from '../membership/history-seal.ts';
import type { RefillReason } from '../diagnostics.ts';
import type { Rotation } from '../membership/rotation.ts';
import type { ListingCluster } from './migrate-key.ts';

export interface RereplicatingCluster extends ListingCluster {
  readonly rotation: Rotation;
}

/** How it is gone about by the view of the moment. */
export interface RereplicationPlan {
  /** Whose keys are gone through. */
  readonly sources: readonly string[];
  readonly leaseKey: string;
  /** Never empty; see {@link Lease}. */
  readonly leaseNodes: readonly string[];
  /** What was done before is not this, milliseconds since 1970. */
  readonly since: number;
  /** How long the word stands that it is done. */
  readonly wordSeconds: number;
}

export interface RereplicationTask {
  readonly node: string;
  readonly reason: RefillReason;
  /** `over`: there is nothing to do any more. `later`: not by the view of the moment. */
  plan(): RereplicationPlan | 'over' | 'later';
}

const RETURNED_WORD_SECONDS = 3_600;
/** Of a node's name in a key, which has 250 bytes. */
const LONGEST_NAME = 190;

/** The lease is on the node itself: it goes with what was put there. */
export class ReturnedNode implements RereplicationTask {
  readonly node: string;
  readonly reason = 'returned';
  readonly #cluster: RereplicatingCluster;
  readonly #since: number;

  constructor(cluster: RereplicatingCluster, node: string) {
    this.#cluster = cluster;
    this.node = node;
    this.#since = cluster.clock.now();
  }

  plan(): RereplicationPlan {
    const sources = this.#cluster.rotation.sources.filter((id) => id !== this.node);
    return {
      sources,
      leaseKey: keyIn(this.#cluster.namespace, 'refill'),
      leaseNodes: [this.node],
      since: this.#since,
      wordSeconds: RETURNED_WORD_SECONDS,
    };
  }
}

/** The lease is on a node that stays; the word that it is done on all of them, as long as the node is remembered. */
export class DepartedNode implements RereplicationTask {
  readonly node: string;
  readonly reason = 'left';
  readonly #cluster: RereplicatingCluster;

  constructor(cluster: RereplicatingCluster, node: string) {
    this.#cluster = cluster;
    this.node = node;
  }

  plan(): RereplicationPlan | 'over' | 'later' {
    const { rotation } = this.#cluster;
    const departure = rotation.departures.get(this.node);
    if (departure === undefined) return 'over';
    // With too few nodes there is nowhere to put what it took along: that waits for another to join.
    if (!rotation.hasRoom) return 'later';
    return {
      sources: rotation.sources,
      since: departure.agreedAt,
      leaseKey: `${keyIn(this.#cluster.namespace, 'refill')}/${this.node.slice(-LONGEST_NAME)}`,
      // The same first one for every client.
      leaseNodes: rotation.ids.toSorted(),
      wordSeconds: Math.max(1, Math.ceil((departure.openUntil - this.#cluster.clock.now()) / 1000)),
    };
  }
}
