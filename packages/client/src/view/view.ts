import type { Topology } from '@sess/discovery';
import type { Distribution, RingNode } from '@sess/hash-ring';

import type { Node } from '../node/node.ts';

/** What places keys on nodes. It is given objects with an `id` and maybe a `weight`, and must answer with those very objects. */
export type DistributionFactory = <N extends RingNode>(nodes: readonly N[]) => Distribution<N>;

/** Why a view came to be. */
export type ViewCause = 'discovery';

/** A node's place in one view: its weight belongs to the topology, its connection lives on from view to view. */
interface Place extends RingNode {
  readonly node: Node;
}

/** The nodes in rotation at one time, and which of them owns a key. Immutable. */
export class View {
  readonly topology: Topology;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly cause: ViewCause;
  /** By id, in the order of the topology. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly #distribution: Distribution<Place>;

  /** `nodes` holds one for every node of `topology`. */
  constructor(topology: Topology, nodes: ReadonlyMap<string, Node>, distribute: DistributionFactory, since: number, cause: ViewCause) {
    this.topology = topology;
    this.since = since;
    this.cause = cause;
    this.nodes = nodes;
    this.#distribution = distribute(places(topology, nodes));
  }

  /** The node that holds `key`. */
  owner(key: string): Node {
    return this.#distribution.owner(key).node;
  }
}

function places(topology: Topology, nodes: ReadonlyMap<string, Node>): Place[] {
  return topology.nodes.flatMap(({ id, weight, address }) => {
    const node = nodes.get(id);
    if (node === undefined) return [];
    // A distribution wants host:port. A Unix socket stands alone: its place does not matter.
    const ringId = node.target.path === undefined ? id : `${node.target.host}:${node.target.port}`;
    return [{ id: ringId, node, ...(weight === undefined ? undefined : { weight }), ...(address === undefined ? undefined : { address }) }];
  });
}
