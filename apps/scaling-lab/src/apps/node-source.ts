import { elasticache, staticNodes, type Discovery } from '@sess/discovery';

/**
 * Where an app process has its node list from: a configuration endpoint that it follows, or a list that it keeps as
 * long as it runs.
 */
export type NodeSource =
  /** `host:port` of the endpoint. */
  | { readonly kind: 'endpoint'; readonly endpoint: string }
  /** `host:port` of each node. */
  | { readonly kind: 'list'; readonly nodes: readonly string[] };

/** For the libraries that have no discovery of their own. */
export function discoveryOf(source: NodeSource, pollIntervalMs: number): Discovery {
  return source.kind === 'list' ? staticNodes(source.nodes) : elasticache(source.endpoint, { pollIntervalMs });
}
