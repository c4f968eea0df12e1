import type { LocalCluster } from '@sess/local-cluster';
import type { AppFleet, ClusterSight } from './app-fleet.ts';

/** Where the scenarios happen: one cluster, and the apps of every strategy over it. All strategies live through the very same events. */
export interface Stage {
  readonly cluster: LocalCluster;
  readonly fleets: readonly AppFleet[];
  /** Signs the cookies. */
  readonly secret: string;
  readonly signal: AbortSignal;
}

/** Ids of the listed nodes, in the order in which the endpoint lists them. */
export function listedNodes({ cluster }: Stage): readonly string[] {
  return cluster.nodes.map((node) => node.id);
}

/** Resolves when every app process routes by the list of the moment, and knows each running node to be in reach. */
export async function everyoneKnows(stage: Stage): Promise<void> {
  const sight: ClusterSight = {
    nodes: listedNodes(stage),
    down: stage.cluster.nodes.filter((node) => node.state !== 'running').map((node) => node.id),
  };
  await Promise.all(stage.fleets.map((fleet) => fleet.converged(sight, stage.signal)));
}
