import { canonicalId, nodeId } from './node-address.ts';
import type { ClusterNode, Topology } from './topology.ts';

/**
 * More than any service allows (ElastiCache: 300). A longer list is a mistake or an attack, and building its ring would
 * block the process for a long time.
 */
export const MAX_NODES = 1_000;

/** Whether `zone` is a valid zone name: 1 to 64 letters, digits, `-`, `_`, `.` or `:`. */
export function isZone(zone: unknown): zone is string {
  return typeof zone === 'string' && /^[\w.:-]{1,64}$/.test(zone);
}

/** A frozen node, without fields that are `undefined`. */
export function clusterNode(given: {
  readonly host: string;
  readonly port: number;
  readonly address?: string | undefined;
  readonly weight?: number | undefined;
  readonly zone?: string | undefined;
}): ClusterNode {
  const { host, port, address, weight, zone } = given;
  return Object.freeze({
    id: nodeId(host, port),
    host,
    port,
    ...(address === undefined ? undefined : { address }),
    ...(weight === undefined ? undefined : { weight }),
    ...(zone === undefined ? undefined : { zone }),
  });
}

/** A frozen topology: nodes in the given order; of those with the same id, in whatever spelling, the first. */
export function topologyOf(nodes: readonly ClusterNode[], version?: number): Topology {
  const byId = new Map<string, ClusterNode>();
  for (const node of nodes) {
    const id = canonicalId(node);
    if (!byId.has(id)) byId.set(id, node);
  }
  return Object.freeze({
    ...(version === undefined ? undefined : { version }),
    nodes: Object.freeze([...byId.values()]),
  });
}

/** Whether both are equal: version, nodes, and the order of nodes, on which `modulo` distributions depend. */
export function sameTopology(a: Topology, b: Topology): boolean {
  return (
    a.version === b.version &&
    a.nodes.length === b.nodes.length &&
    a.nodes.every((node, index) => sameNode(node, b.nodes[index]))
  );
}

function sameNode(a: ClusterNode, b: ClusterNode | undefined): boolean {
  return b !== undefined && a.id === b.id && a.address === b.address && a.weight === b.weight && a.zone === b.zone;
}
