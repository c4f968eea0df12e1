/**
 * The reasons for rereplication: a node returned, maybe empty, or left. Either way its copies are missing, also those
 * it held as an earlier owner of keys that were not read since.
 */
import { keyIn } from '../membership/history-seal.ts';
import type { RereplicationReason } from '../diagnostics.ts';
import type { Rotation } from '../membership/rotation.ts';
import type { ListingCluster } from './migrate-key.ts';

export interface RereplicatingCluster extends ListingCluster {
  readonly rotation: Rotation;
}

/** The work, as the current view requires it. */
export interface RereplicationPlan {
  /** The nodes whose keys are processed. */
  readonly sources: readonly string[];
  readonly leaseKey: string;
  /** Never empty; see {@link Lease}. */
  readonly leaseNodes: readonly string[];
  /** Work completed before this time does not count, milliseconds since 1970. */
  readonly since: number;
  /** Time to live of the completion record. */
  readonly completionSeconds: number;
}

export interface RereplicationTask {
  readonly node: string;
  readonly reason: RereplicationReason;
  /** Call it before the work. Resolves to whether the work can begin. */
  prepare(): Promise<boolean>;
  /** `over`: nothing is left to do. `later`: not possible in the current view. */
  plan(): RereplicationPlan | 'over' | 'later';
}

const RETURNED_COMPLETION_SECONDS = 3_600;
/** Most bytes of a node's name in a key, which has 250 bytes. */
const LONGEST_NAME = 190;

/** The lease is on the node itself: it is lost together with the copies. */
export class ReturnedNode implements RereplicationTask {
  readonly node: string;
  readonly reason = 'returned';
  readonly #cluster: RereplicatingCluster;
  readonly #since: number;

  constructor(cluster: RereplicatingCluster, node: string) {
    this.#cluster = cluster;
    this.node = node;
    this.#since = cluster.clock.latest();
  }

  /**
   * Runs another round of the history, so that the fences of the sources are renewed after the node lost its memory.
   */
  prepare(): Promise<boolean> {
    return this.#cluster.relearn([this.node]);
  }

  plan(): RereplicationPlan {
    const sources = this.#cluster.rotation.sources.filter((id) => id !== this.node);
    return {
      sources,
      leaseKey: keyIn(this.#cluster.namespace, 'refill'),
      leaseNodes: [this.node],
      since: this.#since,
      completionSeconds: RETURNED_COMPLETION_SECONDS,
    };
  }
}

/** The lease is on a remaining node; the completion record on all of them, for as long as the node is remembered. */
export class DepartedNode implements RereplicationTask {
  readonly node: string;
  readonly reason = 'left';
  readonly #cluster: RereplicatingCluster;

  constructor(cluster: RereplicatingCluster, node: string) {
    this.#cluster = cluster;
    this.node = node;
  }

  async prepare(): Promise<boolean> {
    return true;
  }

  plan(): RereplicationPlan | 'over' | 'later' {
    const { rotation } = this.#cluster;
    const departure = rotation.departures.get(this.node);
    if (departure === undefined) return 'over';
    // With too few nodes there is no place for further copies until another node joins.
    if (!rotation.hasRoom) return 'later';
    return {
      sources: rotation.sources,
      since: departure.agreedAt,
      leaseKey: `${keyIn(this.#cluster.namespace, 'refill')}/${this.node.slice(-LONGEST_NAME)}`,
      // Sorted: every client must pick the same first one.
      leaseNodes: rotation.ids.toSorted(),
      completionSeconds: Math.max(1, Math.ceil((departure.openUntil - this.#cluster.clock.now()) / 1000)),
    };
  }
}
