import { withDeadline } from '../deadline.ts';
import type { Environment } from '../environment.ts';
import { DiscoveryError } from '../errors.ts';
import { isNodeHost, isPort } from '../node-address.ts';
import { clusterNode, MAX_NODES, topologyOf } from '../topology-value.ts';
import type { ClusterNode } from '../topology.ts';
import type { Look } from '../watch.ts';
import type { ResolvedDnsOptions } from './dns-options.ts';
import type { NameResolver, ServiceRecord } from './name-resolver.ts';

/** Looks up a DNS name, with a new resolver each time. */
export function dnsLook(options: ResolvedDnsOptions, environment: Environment): Look {
  const { name, record, timeoutMs, servers } = options;
  const late = (): DiscoveryError =>
    new DiscoveryError(
      'SESS_DISCOVERY_TIMEOUT',
      `No answer to the ${record} query for "${name}" within ${timeoutMs} ms. Check that the DNS servers can be reached.`,
      {
        endpoint: name,
      },
    );

  return async (_current, signal) => {
    const resolver = environment.resolver(servers, timeoutMs);
    try {
      const nodes = await withDeadline(timeoutMs, late, { clock: environment.clock, signal }, () =>
        listedNodes(options, resolver),
      );
      return { topology: topologyOf(nodes), answeredBy: name };
    } finally {
      resolver.cancel();
    }
  };
}

async function listedNodes(options: ResolvedDnsOptions, resolver: NameResolver): Promise<readonly ClusterNode[]> {
  const { name, record } = options;
  try {
    const nodes =
      record === 'SRV'
        ? serviceNodes(await resolver.srv(name), options)
        : addressNodes(await ask(resolver, record, name), options);
    if (nodes.length === 0) throw nothingListed(options);
    if (nodes.length > MAX_NODES) throw tooMany(options, nodes.length);
    return nodes.toSorted(byHostAndPort);
  } catch (error) {
    throw DiscoveryError.is(error) ? error : lookupFailed(options, error);
  }
}

function ask(resolver: NameResolver, record: 'A' | 'AAAA', name: string): Promise<readonly string[]> {
  return record === 'A' ? resolver.a(name) : resolver.aaaa(name);
}

function addressNodes(addresses: readonly string[], options: ResolvedDnsOptions): readonly ClusterNode[] {
  const { name, record, port } = options;
  const wrong = addresses.find((address) => !isNodeHost(address));
  if (wrong === undefined) return addresses.map((host) => clusterNode({ host, port }));
  const message = `The ${record} records of "${name}" name ${wrong}, where no node can be: does a DNS server block the name? The last list stays in force.`;
  throw new DiscoveryError('SESS_DISCOVERY_MALFORMED', message, { endpoint: name });
}

/**
 * RFC 2782: clients use the records with the lowest priority number. The others are for failover, and discovery can't
 * tell when they are needed. Equal weights say nothing (Kubernetes gives 100 divided by the number of pods), so only
 * different weights are used. Weight 0 among others means "as little as possible", so it becomes 1.
 */
function serviceNodes(records: readonly ServiceRecord[], { name, port }: ResolvedDnsOptions): readonly ClusterNode[] {
  // A target of "." says that the service does not exist (RFC 2782).
  const targets = records.filter((record) => record.name !== '' && record.name !== '.');
  const first = Math.min(...targets.map((record) => record.priority));
  const inUse = targets.filter((record) => record.priority === first);
  const weighted = new Set(inUse.map((record) => record.weight)).size > 1;
  return inUse.map((record) => {
    const host = record.name.toLowerCase().replace(/\.$/u, '');
    const nodePort = record.port === 0 ? port : record.port;
    if (!isNodeHost(host) || !isPort(nodePort)) {
      const came = `target ${JSON.stringify(record.name)}, port ${record.port}`;
      throw new DiscoveryError(
        'SESS_DISCOVERY_MALFORMED',
        `The SRV records of "${name}" name no usable node: ${came}.`,
        {
          endpoint: name,
        },
      );
    }
    return clusterNode({ host, port: nodePort, weight: weighted ? Math.max(1, record.weight) : undefined });
  });
}

function byHostAndPort(a: ClusterNode, b: ClusterNode): number {
  if (a.host !== b.host) return a.host < b.host ? -1 : 1;
  return a.port - b.port;
}

function nothingListed({ name, record }: ResolvedDnsOptions, cause?: unknown): DiscoveryError {
  const advice = 'Check the name, which is asked for as it is (no search domains), and the kind of record.';
  return new DiscoveryError('SESS_DISCOVERY_EMPTY', `DNS lists no ${record} records for "${name}". ${advice}`, {
    endpoint: name,
    cause,
  });
}

function tooMany({ name, record }: ResolvedDnsOptions, count: number): DiscoveryError {
  const message = `DNS lists ${count} ${record} records for "${name}", more than ${MAX_NODES} nodes. The last list stays in force.`;
  return new DiscoveryError('SESS_DISCOVERY_MALFORMED', message, { endpoint: name });
}

function lookupFailed(options: ResolvedDnsOptions, cause: unknown): DiscoveryError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  // c-ares: the name does not exist, or has no such records.
  if (code === 'ENOTFOUND' || code === 'ENODATA') return nothingListed(options, cause);
  const { name, record } = options;
  const late = code === 'ETIMEOUT';
  return new DiscoveryError(
    late ? 'SESS_DISCOVERY_TIMEOUT' : 'SESS_DISCOVERY_UNREACHABLE',
    `The ${record} query for "${name}" failed with ${code}. Check that the DNS servers can be reached and know the name.`,
    { endpoint: name, cause },
  );
}
