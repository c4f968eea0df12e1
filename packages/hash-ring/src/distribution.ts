/** A node as a distribution sees it: a name, and how much of the key space it should get. */
export interface RingNode {
  /**
   * `host:port`, as the cluster names the node: what its place is computed from. An IPv6 address stands in brackets:
   * `[::1]:11211`.
   */
  readonly id: string;
  /** Relative share of the key space: a finite number above 0. Default 1. */
  readonly weight?: number;
  /**
   * The failure domain that the node is in, such as an availability zone. {@link Distribution.owners} spreads over zones.
   * Nodes without one count as one zone.
   */
  readonly zone?: string;
  /** The node's IP address. Read only where ketama is told to put it into the names of points. */
  readonly address?: string;
}

/** How keys map to nodes: an immutable value, whose answers never change. */
export interface Distribution<N extends RingNode = RingNode> {
  /** The nodes, in the order in which they were given. */
  readonly nodes: readonly N[];
  /**
   * The node that holds `key`: one of `nodes`, the very object.
   *
   * @throws {HashRingError} `SESS_NO_NODES` when there are no nodes; `SESS_BAD_KEY` when the key is not a string.
   */
  owner(key: string): N;
  /**
   * The first `count` distinct nodes for `key` in order of preference, the owner first; fewer when there are fewer,
   * none when there are none. Of each zone the most preferred node comes first, then the others. A larger `count` only
   * adds to the end.
   *
   * @throws {HashRingError} `SESS_BAD_KEY` when the key is not a string; `SESS_BAD_COUNT` when `count` is not a whole
   *   number from 0.
   */
  owners(key: string, count: number): readonly N[];
  /**
   * The same kind of distribution, with the same options, over other nodes.
   *
   * @throws {HashRingError} `SESS_BAD_NODE` when a node cannot be used.
   */
  withNodes(nodes: readonly N[]): Distribution<N>;
}
