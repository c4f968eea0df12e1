import { isIP } from 'node:net';
import { isHost, isPort } from '../node-address.ts';
import { badOption, durationMs, knownOptions, readable } from '../options.ts';
import { systemResolver } from './name-resolver.ts';

/** How to find nodes by DNS. Durations in milliseconds. */
export interface DnsOptions {
  /**
   * Which records list the nodes. Default `A`.
   *
   * - `A`: IPv4 addresses, all with the port `port`
   * - `AAAA`: IPv6 addresses, all with the port `port`. Not combined with `A`: a node with both would be listed twice
   * - `SRV`: host names with ports and weights (RFC 2782)
   */
  readonly record?: 'A' | 'AAAA' | 'SRV' | undefined;
  /** Port of every node, 1 to 65535. Default 11211. With `SRV` it applies only to records with port 0. */
  readonly port?: number | undefined;
  /** How often to look, ±20 %. Default 30,000. */
  readonly pollIntervalMs?: number | undefined;
  /** How long one look may take. Default 2,000. */
  readonly timeoutMs?: number | undefined;
  /** DNS servers to ask, `address` or `address:port`. Default: those of the operating system. */
  readonly servers?: readonly string[] | undefined;
}

export interface ResolvedDnsOptions {
  readonly name: string;
  readonly record: 'A' | 'AAAA' | 'SRV';
  readonly port: number;
  readonly pollIntervalMs: number;
  readonly timeoutMs: number;
  readonly servers: readonly string[] | undefined;
}

const RECORDS: readonly unknown[] = ['A', 'AAAA', 'SRV'];

/** Checks every option and fills in the defaults. */
export function resolveDnsOptions(name: string, given: DnsOptions | undefined): ResolvedDnsOptions {
  return readable('dns', () => resolved(name, given));
}

function resolved(name: string, given: DnsOptions | undefined): ResolvedDnsOptions {
  const options = knownOptions('dns', given, ['record', 'port', 'pollIntervalMs', 'timeoutMs', 'servers']);
  const trimmed = typeof name === 'string' ? name.trim() : '';
  if (!isHost(trimmed)) {
    throw badOption(
      'dns name',
      'a DNS name',
      name,
      'Give the whole name without scheme and port, such as "memcached.default.svc.cluster.local".',
    );
  }
  if (isIP(trimmed) !== 0)
    throw badOption('dns name', 'a DNS name', name, 'It is an address: list addresses as nodes, each "host:port".');
  const { record = 'A', port = 11_211, servers } = options;
  if (!RECORDS.includes(record)) throw badOption('dns record', `'A', 'AAAA' or 'SRV'`, record);
  if (!isPort(port)) throw badOption('dns port', 'a whole number from 1 to 65535', port);
  return Object.freeze({
    name: trimmed,
    record,
    port,
    pollIntervalMs: durationMs('dns pollIntervalMs', options.pollIntervalMs, 30_000),
    timeoutMs: durationMs('dns timeoutMs', options.timeoutMs, 2_000),
    servers: servers === undefined ? undefined : checkedServers(servers),
  });
}

function checkedServers(servers: readonly string[]): readonly string[] {
  const refuse = (): Error =>
    badOption(
      'dns servers',
      'an array of IP addresses, with a port where it is not 53',
      servers,
      'For example ["127.0.0.1:8600"].',
    );
  if (!Array.isArray(servers) || servers.length === 0) throw refuse();
  const copy: readonly string[] = Object.freeze([...servers]);
  try {
    // Let Node.js check them; it opens no socket for that.
    systemResolver(copy, 1).cancel();
  } catch {
    throw refuse();
  }
  return copy;
}
