/** The nodes in rotation at one time, with their distribution. Immutable. */
import type { Distribution, RingNode } from '@sess/hash-ring';

import { viewId, type ViewCause, type ViewNode } from '../history/history.ts';

/** What places keys on nodes. It is given objects with an `id` and maybe a `weight`, and must answer with those very objects. */
export type DistributionFactory = <N extends RingNode>(nodes: readonly N[]) => Distribution<N>;

export interface View {
  /** The nodes and weights by which two clients know that they mean the same view. */
  readonly id: string;
  readonly nodes: readonly ViewNode[];
  readonly distribution: Distribution<ViewNode>;
  readonly cause: ViewCause;
  /** When it was first acted on, milliseconds since 1970. */
  readonly since: number;
}

export function createView(nodes: readonly ViewNode[], cause: ViewCause, since: number, distribute: DistributionFactory): View {
  return { id: viewId(nodes), nodes, cause, since, distribution: onSocket(nodes) ?? distribute(nodes) };
}

/** A Unix socket has no host and port to be placed by, and stands alone. */
function onSocket(nodes: readonly ViewNode[]): Distribution<ViewNode> | undefined {
  const [node] = nodes;
  if (node === undefined || nodes.length > 1 || !node.id.startsWith('/')) return undefined;
  return {
    nodes,
    owner: () => node,
    owners: (_, count) => (count > 0 ? nodes : []),
    withNodes: () => {
      throw new Error('a Unix socket stands alone');
    },
  };
}
