/** A node as a distribution sees it: a name, and how much of the key space it should get. */
export interface RingNode {
  /** `host:port`, as the cluster names the node; the identity by which points are placed. */
  readonly id: string;
  /** Relative share of the key space: a finite number above 0. Default 1. */
  readonly weight?: number;
}

/** How keys map to nodes: an immutable value, whose answers never change. */
export interface Distribution<N extends RingNode = RingNode> {
  /** The nodes, in the order in which they were given. */
  readonly nodes: readonly N[];
  /**
   * The node that holds `key`.
   *
   * @throws {HashRingError} `SESS_NO_NODES` when there are no nodes.
   */
  owner(key: string): N;
  /** The first `count` distinct nodes for `key` in order of preference; fewer when there are fewer. */
  owners(key: string, count: number): readonly N[];
  /** The same kind of distribution, with the same options, over other nodes. */
  withNodes(nodes: readonly N[]): Distribution<N>;
}
