/** A node of a distribution. */
export interface RingNode {
  /** `host:port`, from which the node's place is computed. Put an IPv6 address in brackets: `[::1]:11211`. */
  readonly id: string;
  /** Relative share of the key space: a finite number above 0. Default 1. */
  readonly weight?: number;
  /**
   * The node's failure domain, such as an availability zone. {@link Distribution.owners} spreads over zones. All nodes
   * without one form one zone.
   */
  readonly zone?: string;
  /** The node's IP address. Read only by ketama with `pointNames: 'host/address:port'`. */
  readonly address?: string;
}

/** An immutable mapping from keys to nodes. */
export interface Distribution<N extends RingNode = RingNode> {
  /** The nodes, in the order in which they were given. */
  readonly nodes: readonly N[];
  /**
   * The node that owns `key`: one of the objects in `nodes`.
   *
   * @throws {HashRingError} `SESS_NO_NODES` if there are no nodes; `SESS_BAD_KEY` if the key is not a string.
   */
  owner(key: string): N;
  /**
   * The first `count` distinct nodes for `key` in order of preference, the owner first; all nodes if there are fewer.
   * The most preferred node of each zone comes before all others. A larger `count` only adds to the end.
   *
   * @throws {HashRingError} `SESS_BAD_KEY` if the key is not a string; `SESS_BAD_COUNT` if `count` is not a whole
   *   number from 0.
   */
  owners(key: string, count: number): readonly N[];
  /**
   * The same distribution, with the same options, over other nodes.
   *
   * @throws {HashRingError} `SESS_BAD_NODE` if a node is invalid.
   */
  withNodes(nodes: readonly N[]): Distribution<N>;
}
