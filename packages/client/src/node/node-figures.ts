/** Turns nodes into the figures that a client reports. */
import type { NodeCounts, NodeFigures } from '../figures.ts';
import type { Node } from './node.ts';

export function nodeFigures(node: Node, drain: NodeFigures['drain']): NodeFigures {
  const { host, port, path, address } = node.target;
  return {
    id: node.id,
    serverAddress: path ?? host,
    serverPort: path === undefined ? port : undefined,
    peerAddress: address,
    state: node.state,
    drain,
    pending: node.pending,
  };
}

/** Omits nodes that do not answer or have no counters. Passes the statistics of each of the others to `onStats`. */
export async function countersOf(
  nodes: readonly Node[],
  onStats: (node: Node, stats: ReadonlyMap<string, string>) => void,
): Promise<ReadonlyMap<string, NodeCounts>> {
  const counts = new Map<string, NodeCounts>();
  await Promise.all(
    nodes.map(async (node) => {
      const stats = await node.stats('general').catch(() => undefined);
      if (stats?.has('limit_maxbytes') !== true) return;
      onStats(node, stats);
      const count = (name: string): number => Number(stats.get(name) ?? 0);
      counts.set(node.id, {
        bytes: count('bytes'),
        limitBytes: count('limit_maxbytes'),
        items: count('curr_items'),
        connections: count('curr_connections'),
        evictions: count('evictions'),
      });
    }),
  );
  return counts;
}
