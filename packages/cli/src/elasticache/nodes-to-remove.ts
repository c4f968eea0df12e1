import { UsageError } from '../usage-error.ts';
import type { CacheClusterInfo, CacheEventInfo, CacheNodeInfo } from './cache-cluster-api.ts';

/** Which nodes are to go: so many stay, or those that are named. */
export type Choice = { readonly nodes: number } | { readonly ids: readonly string[] };

/** A node that AWS has, and that clients can name. */
export interface NamedCacheNode extends CacheNodeInfo {
  readonly id: string;
}

/**
 * With a number: those that are drained already, by a run that did not end, and then those that AWS would take, the last
 * of its list. With ids: those that are still there.
 *
 * @throws {UsageError} for an id that the cluster never had, and when no node would stay.
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

/** One that is gone was there: said again, as after a crash at the very end, it is no slip. @throws {UsageError} */
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

/** "Removed cache node 0003", or whichever way it is said. */
function saysRemoved(message: string, id: string): boolean {
  return /remov/i.test(message) && message.split(/\W+/).includes(id);
}
