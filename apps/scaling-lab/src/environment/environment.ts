import type { LocalCluster } from '@sess/local-cluster';
import type { AppFleet, ClusterSight } from '../apps/app-fleet.ts';
import type { NodeMeter } from './node-meter.ts';
import type { NodeSource } from '../apps/node-source.ts';
import { zonesOf } from './zones.ts';
import type { Strategy } from '../apps/strategies.ts';

/**
 * One strategy with its own cluster and apps. All clusters are alike and get the same events. Strategies don't share a
 * cluster for two reasons: clients publish their views in the cluster, where clients of another strategy would act on
 * them, and a node's counters do not say which client sent a request.
 */
export interface StrategyRun {
  readonly strategy: Strategy;
  readonly cluster: LocalCluster;
  readonly fleet: AppFleet;
  readonly meter: NodeMeter;
  /** URL of the database behind the nodes; `undefined` where the strategy has none. */
  readonly database: string | undefined;
}

/** The environment of the scenarios: a run for each strategy, and what the runs share. */
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

/** The source of the apps' node list, with zones if the strategy's clients know them. */
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

/** Resolves when every app process routes by the current list, and considers no running node down. */
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
