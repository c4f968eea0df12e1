import { UsageError } from '../usage-error.ts';
import type { CacheClusterInfo, CacheEventInfo, CacheNodeInfo } from './cache-cluster-api.ts';

/** Which nodes to remove: by the number that stays, or by id. */
export type Choice = { readonly nodes: number } | { readonly ids: readonly string[] };

/** A node of AWS that has an address. */
export interface NamedCacheNode extends CacheNodeInfo {
  readonly id: string;
}

/**
 * With a number: nodes already drained by an interrupted run, then those that AWS would remove, the last of its list.
 * With ids: those that still exist.
 *
 * @throws {UsageError} for an id that the cluster never had, or if no node would stay
 */
export function nodesToRemove(
  cluster: CacheClusterInfo,
  choice: Choice,
  drains: ReadonlyMap<string, unknown>,
  events: readonly CacheEventInfo[],
): readonly NamedCacheNode[] {
  if ('ids' in choice) {
    requireKnown(cluster, choice.ids, events);
    const chosen = named(cluster.nodes).filter(({ cacheNodeId }) => choice.ids.includes(cacheNodeId));
    return checked(chosen, cluster);
  }
  const surplus = Math.max(0, cluster.nodes.length - choice.nodes);
  const drained = named(cluster.nodes).filter(({ id }) => drains.has(id));
  const others = named(cluster.nodes).filter(({ id }) => !drains.has(id));
  return checked([...drained.toReversed(), ...others.toReversed()].slice(0, surplus), cluster);
}

export function named(nodes: readonly CacheNodeInfo[]): readonly NamedCacheNode[] {
  return nodes.filter((node): node is NamedCacheNode => node.id !== undefined);
}

/**
 * Accepts the id of a node that is gone: after a crash at the very end, the same command is run again.
 *
 * @throws {UsageError} for an id that the cluster never had
 */
export function requireKnown(
  { clusterId, nodes }: CacheClusterInfo,
  ids: readonly string[],
  events: readonly CacheEventInfo[],
): void {
  const unknown = ids.filter((id) => !nodes.some(({ cacheNodeId }) => cacheNodeId === id));
  const never = unknown.find((id) => !events.some(({ message }) => saysRemoved(message, id)));
  if (never === undefined) return;
  throw new UsageError(
    `The cluster ${clusterId} has no node ${never}. It has ${nodes.map(({ cacheNodeId }) => cacheNodeId).join(', ')}.`,
  );
}

function checked(chosen: readonly NamedCacheNode[], { nodes }: CacheClusterInfo): readonly NamedCacheNode[] {
  if (chosen.length > 0 && chosen.length >= nodes.length) throw new UsageError('No node would stay.');
  return chosen;
}

/** Matches "Removed cache node 0003" and similar wordings. */
function saysRemoved(message: string, id: string): boolean {
  return /remov/i.test(message) && message.split(/\W+/).includes(id);
}
