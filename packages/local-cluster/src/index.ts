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
