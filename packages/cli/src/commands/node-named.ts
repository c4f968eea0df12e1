import { nearestName } from '@sess/client';

import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Finds a node by its id, or by a host that only one node has.
 *
 * @throws {UsageError} that lists the nodes
 */
export function nodeNamed({ client, nodes }: ObservedCluster, given: string): string {
  const ids = [...new Set([...client.topology.nodes.map(({ id }) => id), ...nodes.keys()])];
  if (ids.includes(given)) return given;
  const ofHost = ids.filter((id) => id.slice(0, id.lastIndexOf(':')) === given);
  const [only] = ofHost;
  if (only !== undefined && ofHost.length === 1) return only;
  const near = nearestName(given, ids);
  throw new UsageError(
    `There is no node "${given}".${near === undefined ? '' : ` Did you mean "${near}"?`} The nodes are ${ids.join(', ')}.`,
  );
}
