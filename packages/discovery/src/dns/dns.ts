import { type Environment, systemEnvironment } from '../environment.ts';
import type { Discovery } from '../topology.ts';
import { startWatch } from '../watch.ts';
import { dnsLook } from './dns-look.ts';
import { type DnsOptions, resolveDnsOptions } from './dns-options.ts';

/**
 * The nodes that a DNS name lists, such as a Kubernetes headless service.
 *
 * The name is queried as it is: no search domains, no `/etc/hosts`. Nodes are sorted by host and port, because DNS
 * servers rotate their answers. Of SRV records, those with the lowest priority number are used, with their weights if
 * these differ. A name that does not exist or lists nothing is an error; the last good list stays in force.
 *
 * @throws DiscoveryError `SESS_BAD_OPTION`
 */
export function dns(name: string, options?: DnsOptions): Discovery {
  return dnsIn(systemEnvironment, name, options);
}

/** {@link dns} with another clock, random numbers and resolver, for tests. */
export function dnsIn(environment: Environment, name: string, options?: DnsOptions): Discovery {
  const resolved = resolveDnsOptions(name, options);
  return Object.freeze({
    watch: (listener) =>
      startWatch(
        {
          source: `dns ${resolved.record} ${resolved.name}`,
          look: dnsLook(resolved, environment),
          pollIntervalMs: resolved.pollIntervalMs,
          environment,
        },
        listener,
      ),
  } satisfies Discovery);
}
