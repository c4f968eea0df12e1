import type { LocalCluster } from '@sess/local-cluster';
import type { AppFleet, ClusterSight } from '../apps/app-fleet.ts';
import type { NodeMeter } from './node-meter.ts';
import type { NodeSource } from '../apps/node-source.ts';
import { zonesOf } from './zones.ts';
import type { Strategy } from '../apps/strategies.ts';

/**
 * One strategy with a cluster of its own and the apps over it. The clusters are alike and the events the same. They are
 * not shared, because clients publish their views in the cluster, where another strategy's clients would act on them,
 * and because a node's counters do not say who asked.
 */
export interface StrategyRun {
  readonly strategy: Strategy;
  readonly cluster: LocalCluster;
  readonly fleet: AppFleet;
  readonly meter: NodeMeter;
  /** URL of the database behind the nodes; `undefined` where the strategy has none. */
  readonly database: string | undefined;
}

/** Where the scenarios happen: a run for each strategy, and what they share. */
export interface Environment {
  readonly strategyRuns: readonly StrategyRun[];
  /** Signs the cookies. */
  readonly secret: string;
  readonly signal: AbortSignal;
}

/** Ids of the listed nodes, in the order in which the endpoint lists them. */
export function listedNodes({ cluster }: Pick<StrategyRun, 'cluster'>): readonly string[] {
  return cluster.nodes.map((node) => node.id);
}

/** Where the apps of a strategy have their nodes from, and the zones where its clients know them. */
export function sourceOf(
  { strategy, cluster }: Pick<StrategyRun, 'strategy' | 'cluster'>,
  list: 'followed' | 'fixed',
): NodeSource {
  const nodes = listedNodes({ cluster });
  return {
    ...(list === 'fixed' ? { kind: 'list', nodes } : { kind: 'endpoint', endpoint: cluster.configurationEndpoint }),
    ...(strategy.zones ? { zones: zonesOf(nodes) } : {}),
  };
}

/** Resolves when every app process routes by the list of the moment, and knows each running node to be in reach. */
export async function everyProcessKnows(
  { cluster, fleet }: Pick<StrategyRun, 'cluster' | 'fleet'>,
  signal: AbortSignal,
): Promise<void> {
  const sight: ClusterSight = {
    nodes: cluster.nodes.map((node) => node.id),
    down: cluster.nodes.filter((node) => node.state !== 'running').map((node) => node.id),
  };
  await fleet.converged(sight, signal);
}
