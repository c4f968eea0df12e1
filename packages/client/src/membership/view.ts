/** The nodes in rotation at one time, with everything that decides which of them own a key. Immutable. */
import type { Distribution, RingNode } from '@sess/hash-ring';

import { viewId, type ViewCause, type ViewEntry, type ViewNode } from './history.ts';

/**
 * Creates a distribution of keys over nodes. The nodes have an `id` and maybe a `weight` and a `zone`; the distribution
 * must return the same objects.
 */
export type DistributionFactory = <N extends RingNode>(nodes: readonly N[]) => Distribution<N>;

export interface View {
  /** Equal for the same view of all clients: see {@link viewId}. */
  readonly id: string;
  readonly nodes: readonly ViewNode[];
  readonly copies: number;
  readonly distribution: Distribution<ViewNode>;
  /** Whether this client knows the view's distribution. If not, every node may own any key. */
  readonly isUnderstood: boolean;
  readonly cause: ViewCause;
  /** When a client first acted on it, milliseconds since 1970. */
  readonly since: number;
}

/** @param distribute the view's distribution; `undefined` if this client does not know it */
export function createView(
  entry: Omit<ViewEntry, 'confirmedAt' | 'ttlSeconds'>,
  distribute: DistributionFactory | undefined,
): View {
  const { nodes, copies, cause, since } = entry;
  const distribution = onSocket(nodes) ?? (distribute ?? everyNode)(nodes);
  return { id: viewId(entry), nodes, copies, cause, since, distribution, isUnderstood: distribute !== undefined };
}

/** With an unknown distribution, every node may own any key. */
function everyNode<N extends RingNode>(nodes: readonly N[]): Distribution<N> {
  const sorted = nodes.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  return { nodes, owner: () => sorted[0] as N, owners: () => sorted, withNodes: everyNode };
}

/** A Unix socket has no host and port for a placement, and is always the only node. */
function onSocket(nodes: readonly ViewNode[]): Distribution<ViewNode> | undefined {
  const [node] = nodes;
  if (node === undefined || nodes.length > 1 || !node.id.startsWith('/')) return undefined;
  return {
    nodes,
    owner: () => node,
    owners: (_, count) => (count > 0 ? nodes : []),
    withNodes: () => {
      throw new Error('a Unix socket is a single node');
    },
  };
}
