import type { LocalElastiCacheOptions } from './elasticache-options.ts';
import type { LocalElastiCache } from './local-elasticache.ts';

/**
 * Starts memcached nodes, a configuration endpoint, and the part of the APIs of ElastiCache, Application Auto Scaling
 * and CloudWatch that changes the nodes of one cluster. All servers listen on loopback addresses only; the API checks
 * no credentials.
 *
 * Everything ends with `close()`, or at the latest with this process. The call loads the modules that it needs, so the
 * import stays cheap.
 *
 * @throws LocalClusterError `SESS_BAD_OPTION`, `SESS_NO_RUNTIME` (also where there is no 127.0.0.0/8),
 *   `SESS_PORT_IN_USE`, `SESS_START_FAILED`
 */
export async function startLocalElastiCache(options: LocalElastiCacheOptions = {}): Promise<LocalElastiCache> {
  const { runElastiCache } = await import('./running-elasticache.ts');
  return runElastiCache(options);
}
