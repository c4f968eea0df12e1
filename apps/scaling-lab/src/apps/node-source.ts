import type { NodeZones } from '../environment/zones.ts';
import { elasticache, staticNodes, type Discovery } from '@sess/discovery';

/**
 * The source of an app's node list: a configuration endpoint that it follows, or a list that it keeps until it ends.
 */
export type NodeSource = { readonly zones?: NodeZones } & (
  | {
      readonly kind: 'endpoint';
      /** `host:port` of the endpoint. */
      readonly endpoint: string;
    }
  | {
      readonly kind: 'list';
      /** `host:port` of each node. */
      readonly nodes: readonly string[];
    }
);

/** For the libraries that have no discovery of their own. */
export function discoveryOf(source: NodeSource, pollIntervalMs: number): Discovery {
  return source.kind === 'list' ? staticNodes(source.nodes) : elasticache(source.endpoint, { pollIntervalMs });
}
