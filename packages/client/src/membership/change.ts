import { canonicalNodeId, type ClusterNode, type Topology } from '@sess/discovery';

import type { TransportNode } from '../transport/transport.ts';
import { isSocketPath, socketNode } from '../unix-socket.ts';

/** What one topology changes about another. All are node ids. */
export interface TopologyChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Same id, other place to connect to. */
  readonly replaced: readonly string[];
}

/** Compares the nodes that are connected to with those that a topology names. */
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

/** Whether a connection to one is a connection to the other. */
export function samePlace(one: TransportNode, other: TransportNode): boolean {
  return one.host === other.host && one.port === other.port && one.address === other.address && one.path === other.path;
}

/** Where to connect for a node of a topology; `path` is there for a node on a Unix socket. */
export function targetOf(node: ClusterNode & { readonly path?: string }): TransportNode {
  return {
    id: node.id,
    host: node.host,
    port: node.port,
    ...(node.address === undefined ? undefined : { address: node.address }),
    ...(node.path === undefined ? undefined : { path: node.path }),
  };
}

/** Throws when a topology can't be one: what one client acts on, the others must be able to read in the history. */
export function checkTopology(topology: Topology): void {
  if (topology.nodes.length === 0) throw new Error('it names no node.');
  const ids = new Set<string>();
  for (const { id } of topology.nodes) {
    if (ids.has(id)) throw new Error(`it names ${id} twice.`);
    if (canonicalNodeId(id) === undefined && !isSocketPath(id)) {
      throw new Error(`it names a node ${JSON.stringify(id)}, and the id of a node is "host:port".`);
    }
    ids.add(id);
  }
}

/** A node that only the history names. */
export function nodeOf(id: string): ClusterNode & { readonly path?: string } {
  if (isSocketPath(id)) return socketNode(id);
  const colon = id.lastIndexOf(':');
  return { id, host: id.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(id.slice(colon + 1)) };
}
