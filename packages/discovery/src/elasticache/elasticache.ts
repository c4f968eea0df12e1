import { type Environment, systemEnvironment } from '../environment.ts';
import type { Discovery } from '../topology.ts';
import { startWatch } from '../watch.ts';
import { elasticacheLook } from './elasticache-look.ts';
import { type ElasticacheOptions, resolveElasticacheOptions } from './elasticache-options.ts';

/**
 * The nodes that an ElastiCache configuration endpoint lists (Auto Discovery), or a server that speaks the same, such
 * as Google Memorystore's discovery endpoint.
 *
 * Nodes keep the order of the list. A server that knows no discovery command is taken for the only node (ElastiCache
 * Serverless, plain memcached), unless it gave a list before. A list that is empty, truncated or malformed is an error
 * and leaves the last good one in force.
 *
 * @param endpoint `host:port`, an IPv6 address in brackets
 * @throws DiscoveryError `SESS_BAD_OPTION`
 */
export function elasticache(endpoint: string, options?: ElasticacheOptions): Discovery {
  return elasticacheIn(systemEnvironment, endpoint, options);
}

/** {@link elasticache} with another clock, chance and name lookup, for tests. */
export function elasticacheIn(environment: Environment, endpoint: string, options?: ElasticacheOptions): Discovery {
  const resolved = resolveElasticacheOptions(endpoint, options);
  return Object.freeze({
    watch: (listener) =>
      startWatch(
        {
          source: `elasticache ${resolved.endpoint.id}`,
          look: elasticacheLook(resolved, environment),
          pollIntervalMs: resolved.pollIntervalMs,
          environment,
        },
        listener,
      ),
  } satisfies Discovery);
}
