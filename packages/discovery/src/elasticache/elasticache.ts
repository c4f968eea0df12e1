import { type Environment, systemEnvironment } from '../environment.ts';
import type { Discovery } from '../topology.ts';
import { startWatch } from '../watch.ts';
import { elasticacheLook } from './elasticache-look.ts';
import { type ElasticacheOptions, resolveElasticacheOptions } from './elasticache-options.ts';
import { zonedLook } from './zones.ts';

/**
 * The nodes that an ElastiCache configuration endpoint lists (Auto Discovery), or a server with the same protocol, such
 * as Google Memorystore's discovery endpoint.
 *
 * Nodes keep the order of the list. A server that does not know the discovery command counts as the only node
 * (ElastiCache Serverless, plain memcached), unless it returned a list before. An empty, truncated or malformed list is
 * an error; the last good one stays in force.
 *
 * @param endpoint `host:port`, an IPv6 address in brackets
 * @throws DiscoveryError `SESS_BAD_OPTION`
 */
export function elasticache(endpoint: string, options?: ElasticacheOptions): Discovery {
  return elasticacheIn(systemEnvironment, endpoint, options);
}

/** {@link elasticache} with another clock, random numbers and name lookup, for tests. */
export function elasticacheIn(environment: Environment, endpoint: string, options?: ElasticacheOptions): Discovery {
  const resolved = resolveElasticacheOptions(endpoint, options);
  return Object.freeze({
    watch: (listener) => {
      const look = elasticacheLook(resolved, environment);
      return startWatch(
        {
          source: `elasticache ${resolved.endpoint.id}`,
          look: resolved.zones === undefined ? look : zonedLook(look, resolved.zones, environment),
          pollIntervalMs: resolved.pollIntervalMs,
          environment,
        },
        listener,
      );
    },
  } satisfies Discovery);
}
