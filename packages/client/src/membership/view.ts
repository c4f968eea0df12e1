/** The nodes in rotation at one time, with all that decides which of them own a key. Immutable. */
import type { Distribution, RingNode } from '@sess/hash-ring';

import { viewId, type ViewCause, type ViewEntry, type ViewNode } from './history.ts';

/**
 * What places keys on nodes. It is given objects with an `id` and maybe a `weight` and a `zone`, and must answer with those very
 * objects.
 */
export type DistributionFactory = <N extends RingNode>(nodes: readonly N[]) => Distribution<N>;

export interface View {
  /** By which two clients know that they mean the same view: see {@link viewId}. */
  readonly id: string;
  readonly nodes: readonly ViewNode[];
  readonly copies: number;
  readonly distribution: Distribution<ViewNode>;
  /** Whether this client knows how the view places keys. Where it does not, every node may own any key. */
  readonly isUnderstood: boolean;
  readonly cause: ViewCause;
  /** When it was first acted on, milliseconds since 1970. */
  readonly since: number;
}

/** `distribute`: what places the view's keys; `undefined` where that is not known here. */
export function createView(
  entry: Omit<ViewEntry, 'confirmedAt' | 'ttlSeconds'>,
  distribute: DistributionFactory | undefined,
): View {
  const { nodes, copies, cause, since } = entry;
  const distribution = onSocket(nodes) ?? (distribute ?? everyNode)(nodes);
  return { id: viewId(entry), nodes, copies, cause, since, distribution, isUnderstood: distribute !== undefined };
}

/** Where it is not known how keys are placed, every node may own any of them. */
function everyNode<N extends RingNode>(nodes: readonly N[]): Distribution<N> {
  const sorted = nodes.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  return { nodes, owner: () => sorted[0] as N, owners: () => sorted, withNodes: everyNode };
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
