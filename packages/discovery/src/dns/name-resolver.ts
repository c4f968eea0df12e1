import { Resolver } from 'node:dns/promises';

/**
 * Asks DNS servers; unlike the operating system's lookup, it knows SRV records, no search domains and no `/etc/hosts`.
 */
export interface NameResolver {
  srv(name: string): Promise<readonly ServiceRecord[]>;
  a(name: string): Promise<readonly string[]>;
  aaaa(name: string): Promise<readonly string[]>;
  /** Rejects what is under way. */
  cancel(): void;
}

/** A service record (RFC 2782). */
export interface ServiceRecord {
  /** The host that provides the service. */
  readonly name: string;
  readonly port: number;
  /** Lower comes first. */
  readonly priority: number;
  /** Share among those of one priority. */
  readonly weight: number;
}

/** Made for each look: so it follows changes of `/etc/resolv.conf`, and cancelling concerns nobody else. */
export function systemResolver(servers: readonly string[] | undefined, timeoutMs: number): NameResolver {
  // Two tries within the time allowed: the second one pays for a lost datagram.
  const resolver = new Resolver({ timeout: Math.max(1, Math.floor(timeoutMs / 2)), tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  return {
    srv: (name) => resolver.resolveSrv(name),
    a: (name) => resolver.resolve4(name),
    aaaa: (name) => resolver.resolve6(name),
    cancel: () => resolver.cancel(),
  };
}
