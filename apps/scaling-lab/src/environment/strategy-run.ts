import type { LocalCluster } from '@sess/local-cluster';
import type { AppFleet, ClusterSight } from '../apps/app-fleet.ts';
import type { NodeMeter } from './node-meter.ts';
import type { Strategy } from '../apps/strategies.ts';

/**
 * Where one strategy lives through the scenarios: a cluster of its own, and its apps over it. The clusters are alike and the events the same; but clients
 * leave word of what they know in the cluster, so those of another strategy would act on it, and what the nodes count could not be told apart.
 */
export interface Site {
  readonly strategy: Strategy;
  readonly cluster: LocalCluster;
  readonly fleet: AppFleet;
  readonly meter: NodeMeter;
  /** URL of the database behind the nodes; `undefined` where the strategy has none. */
  readonly database: string | undefined;
}

/** Ids of the listed nodes, in the order in which the endpoint lists them. */
export function listedNodes({ cluster }: Pick<Site, 'cluster'>): readonly string[] {
  return cluster.nodes.map((node) => node.id);
}

/** Resolves when every app process routes by the list of the moment, and knows each running node to be in reach. */
export async function everyProcessKnows({ cluster, fleet }: Pick<Site, 'cluster' | 'fleet'>, signal: AbortSignal): Promise<void> {
  const sight: ClusterSight = {
    nodes: cluster.nodes.map((node) => node.id),
    down: cluster.nodes.filter((node) => node.state !== 'running').map((node) => node.id),
  };
  await fleet.converged(sight, signal);
}
