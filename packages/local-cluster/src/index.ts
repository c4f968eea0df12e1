export {
  startConfigurationEndpoint,
  type ConfigurationEndpoint,
  type ConfigurationEndpointOptions,
} from './configuration/configuration-endpoint.ts';
export type { ConfigurationListing, ListedNode } from './configuration/configuration-listing.ts';
export { LocalClusterError, type LocalClusterErrorCode } from './errors.ts';
export type { LocalCluster, LocalNode, NodeState, Runtime } from './local-cluster.ts';
export type { Credentials, LocalClusterOptions, TlsMaterial } from './options.ts';
export { availableRuntimes, type RuntimeAvailability } from './runtime/available-runtimes.ts';
export { startLocalCluster } from './start-local-cluster.ts';
export type { LocalElastiCacheOptions } from './elasticache/elasticache-options.ts';
export type { CacheNodeStatus } from './elasticache/cache-node.ts';
export type { CacheEvent } from './elasticache/event-log.ts';
export { startLocalElastiCache } from './elasticache/start-local-elasticache.ts';
export type { LocalCacheNode, LocalElastiCache, Refusal } from './elasticache/local-elasticache.ts';
