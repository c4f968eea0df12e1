import { Resolver } from 'node:dns/promises';

/**
 * Queries DNS servers. Unlike the operating system's lookup, it supports SRV records, but uses neither search domains
 * nor `/etc/hosts`.
 */
export interface NameResolver {
  srv(name: string): Promise<readonly ServiceRecord[]>;
  a(name: string): Promise<readonly string[]>;
  aaaa(name: string): Promise<readonly string[]>;
  /** Rejects running queries. */
  cancel(): void;
}

/** A service record (RFC 2782). */
export interface ServiceRecord {
  /** The host that provides the service. */
  readonly name: string;
  readonly port: number;
  /** The lowest is used first. */
  readonly priority: number;
  /** Share among the records of one priority. */
  readonly weight: number;
}

/** Create one per look, so that it follows changes of `/etc/resolv.conf` and `cancel` affects only that look. */
export function systemResolver(servers: readonly string[] | undefined, timeoutMs: number): NameResolver {
  // Two tries within the timeout, in case a datagram is lost. The others are for a process that was blocked: c-ares gives
  // one up before it reads what has arrived. The look has a deadline of its own, and cancels.
  const resolver = new Resolver({ timeout: Math.max(1, Math.floor(timeoutMs / 2)), tries: 10 });
  if (servers !== undefined) resolver.setServers(servers);
  return {
    srv: (name) => resolver.resolveSrv(name),
    a: (name) => resolver.resolve4(name),
    aaaa: (name) => resolver.resolve6(name),
    cancel: () => resolver.cancel(),
  };
}
