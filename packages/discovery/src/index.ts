export type * from './topology.ts';
export type * from './diagnostics.ts';
export { DiscoveryError, type DiscoveryErrorCode } from './errors.ts';
export { elasticache } from './elasticache/elasticache.ts';
export type { Credentials, ElasticacheOptions } from './elasticache/elasticache-options.ts';
export { dns } from './dns/dns.ts';
export type { DnsOptions } from './dns/dns-options.ts';
export { canonicalNodeId } from './node-address.ts';
export { staticNodes, type StaticNode } from './static-nodes.ts';
