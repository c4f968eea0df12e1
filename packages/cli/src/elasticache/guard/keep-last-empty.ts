import type { CacheClusterInfo, CacheNodeInfo } from '../cache-cluster-api.ts';
import type { Obstacle, ObstacleReason } from '../obstacle.ts';
import { planScaleIn } from '../scale-in.ts';
import { named, type GuardTools } from './guard-tools.ts';
import type { GuardWork } from './guard-work.ts';

const IN_THE_WAY: ReadonlySet<ObstacleReason> = new Set<ObstacleReason>(['memory', 'too-few-nodes', 'lists-no-keys']);

/**
 * Keeps the nodes empty that AWS would remove first. Resolves to the obstacles: the other nodes must have room for what
 * they hold, or sessions would be evicted instead.
 */
export async function keepLastEmpty(
  tools: GuardTools,
  { nodes }: CacheClusterInfo,
  signal: AbortSignal,
): Promise<readonly Obstacle[]> {
  const work = await tools.record.read();
  const last = lastNodes(nodes, tools.options.preDrain);
  const back = work.preDrained.filter((id) => !last.includes(id) && !isBusy(work, id));
  await tools.putBack(nodes, back, 'is none of the last ones any more');
  if (work.preDrained.join() !== last.join()) await tools.write({ ...work, preDrained: last });
  tools.tell({ preDrained: last });
  const { drains } = tools.client.topology;
  if (named(nodes, last).every(({ id }) => drains.get(id) === 'drained')) return [];
  const plan = await planScaleIn(tools.api, tools.settings, { ids: last }, tools.options);
  const obstacles = plan.obstacles.filter(({ reason }) => IN_THE_WAY.has(reason));
  if (obstacles.length === 0) await tools.drain(nodes, last, 'Kept empty:', signal);
  return obstacles;
}

/**
 * Ids of the cache nodes that AWS may remove first. AWS says that it removes the last ones, but not by which order: if
 * the highest numbers are not the youngest nodes, returns both.
 */
export function lastNodes(nodes: readonly CacheNodeInfo[], count: number): readonly string[] {
  const most = Math.min(count, nodes.length - 1);
  if (most <= 0) return [];
  const byAge = nodes.toSorted((one, other) => (one.createdAt ?? 0) - (other.createdAt ?? 0));
  const highest = nodes.slice(-most);
  const either = nodes.filter((node) => highest.includes(node) || byAge.slice(-most).includes(node));
  const chosen = either.length < nodes.length ? either : highest;
  return chosen.flatMap(({ cacheNodeId, id }) => (id === undefined ? [] : [cacheNodeId]));
}

function isBusy({ removing, replacing }: GuardWork, id: string): boolean {
  return removing.includes(id) || replacing[id]?.isDone === false;
}
