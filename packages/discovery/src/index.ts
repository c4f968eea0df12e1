export type * from './topology.ts';
export type * from './diagnostics.ts';
export { DiscoveryError, type DiscoveryErrorCode } from './errors.ts';
export { elasticache } from './elasticache/elasticache.ts';
export type { Credentials, ElasticacheOptions } from './elasticache/elasticache-options.ts';
export type { DescribesCacheClusters, ZoneOptions } from './elasticache/zones.ts';
export { dns } from './dns/dns.ts';
export type { DnsOptions } from './dns/dns-options.ts';
export { addressesTried } from './addresses-tried.ts';
export { addressesOf, sharedLookup } from './name-lookup.ts';
export { canonicalNodeId } from './node-address.ts';
export { isPlainObject } from './options.ts';
export { isZone } from './topology-value.ts';
export { reasonOf } from './reason-of.ts';
<<<<<<< HEAD
export { someOf } from './some-of.ts';
=======
export { openedSocket } from './opened-socket.ts';
>>>>>>> f-options
export { tlsAdvice } from './tls-advice.ts';
export { faultOfTls } from './tls-options.ts';
export { staticNodes, type StaticNode } from './static-nodes.ts';
