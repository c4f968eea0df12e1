import { canonicalNodeId, type ClusterNode, type Topology } from '@sess/discovery';

import type { TransportNode } from '../transport/transport.ts';
import { isSocketPath, socketNode } from '../unix-socket.ts';

/** The difference of two topologies, as node ids. */
export interface TopologyChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Same id, other address. */
  readonly replaced: readonly string[];
}

/** Compares the current targets with those of a new topology. */
export function changeOf(before: Iterable<TransportNode>, after: Iterable<TransportNode>): TopologyChange {
  const old = new Map([...before].map((target) => [target.id, target]));
  const added: string[] = [];
  const replaced: string[] = [];
  for (const target of after) {
    const known = old.get(target.id);
    old.delete(target.id);
    if (known === undefined) added.push(target.id);
    else if (!samePlace(known, target)) replaced.push(target.id);
  }
  return { added, removed: [...old.keys()], replaced };
}

/** Whether both have the same address. */
export function samePlace(one: TransportNode, other: TransportNode): boolean {
  return one.host === other.host && one.port === other.port && one.address === other.address && one.path === other.path;
}

/** The connection target of a node; `path` is set for a node on a Unix socket. */
export function targetOf(node: ClusterNode & { readonly path?: string }): TransportNode {
  return {
    id: node.id,
    host: node.host,
    port: node.port,
    ...(node.address === undefined ? undefined : { address: node.address }),
    ...(node.path === undefined ? undefined : { path: node.path }),
  };
}

/**
 * Throws if a topology is invalid: the client publishes it in the history, where other clients must be able to read it.
 */
export function checkTopology(topology: Topology): void {
  if (topology.nodes.length === 0) throw new Error('it names no node.');
  const spellings = new Set<string>();
  for (const { id } of topology.nodes) {
    const spelling = isSocketPath(id) ? id : canonicalNodeId(id);
    if (spelling === undefined) {
      throw new Error(`it names a node ${JSON.stringify(id)}, and the id of a node is "host:port".`);
    }
    if (spellings.has(spelling)) throw new Error(`it names ${id} twice.`);
    spellings.add(spelling);
  }
}

/** Creates a node that only the history names, from its id. */
export function nodeOf(id: string): ClusterNode & { readonly path?: string } {
  if (isSocketPath(id)) return socketNode(id);
  const colon = id.lastIndexOf(':');
  return { id, host: id.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(id.slice(colon + 1)) };
}
