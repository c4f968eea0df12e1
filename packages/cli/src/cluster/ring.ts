import type { ClientTopology } from '@sess/client';
import type { Distribution, RingNode } from '@sess/hash-ring';

import type { ClusterSettings } from './settings.ts';

/** How sessions map to the nodes in rotation. */
export function ringOf(
  topology: ClientTopology,
  { distribution }: Pick<ClusterSettings, 'distribution'>,
): Distribution {
  return distribution(ringNodes(topology).filter(({ id }) => topology.rotation.includes(id)));
}

/** The listed nodes, as input for a ring. */
export function ringNodes(topology: ClientTopology): readonly RingNode[] {
  return topology.nodes.map(({ id, weight = 1, zone }) => ({ id, weight, ...(zone !== undefined && { zone }) }));
}
