import type { LocalCluster } from '@sess/local-cluster';
import type { AppFleet, ClusterSight } from './app-fleet.ts';

/** Where the scenarios happen: one cluster, and the apps of every strategy over it. All strategies live through the very same events. */
export interface Stage {
  readonly cluster: LocalCluster;
  readonly fleets: readonly AppFleet[];
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

/** Brings the cluster to `count` running nodes and every fleet to its full number of processes. */
export async function prepare(stage: Stage, count: number): Promise<void> {
  const { cluster } = stage;
  for (const node of cluster.nodes.filter((each) => each.state !== 'running')) await cluster.removeNode(node.id);
  while (cluster.nodes.length < count) {
    stage.signal.throwIfAborted();
    await cluster.addNode();
  }
  for (const node of cluster.nodes.slice(count)) await cluster.removeNode(node.id);
  await Promise.all(stage.fleets.map((fleet) => fleet.refill()));
  await everyoneKnows(stage);
}
