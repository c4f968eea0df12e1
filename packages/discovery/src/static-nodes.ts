import { DiscoveryError } from './errors.ts';
import { systemEnvironment } from './environment.ts';
import { canonicalId, isHost, isPort, parseHostAndPort } from './node-address.ts';
import { badOption, knownOptions, readable } from './options.ts';
import { clusterNode, isZone, MAX_NODES, topologyOf } from './topology-value.ts';
import type { ClusterNode, Discovery } from './topology.ts';
import { startWatch } from './watch.ts';

/** A node of a fixed list. */
export interface StaticNode {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  /** Relative share of the key space: a finite number above 0. Default 1. */
  readonly weight?: number | undefined;
  /** Its availability zone, rack or machine: see `isZone`. Default: none. */
  readonly zone?: string | undefined;
}

/**
 * A fixed list of nodes: `host:port` strings (`[ipv6]:port`), or objects with a weight and a zone. It resolves no name
 * and opens no connection.
 *
 * The order is kept; only `modulo` distributions depend on it.
 *
 * @throws DiscoveryError `SESS_BAD_OPTION` for an empty list, a node that can't be parsed, or a duplicate
 */
export function staticNodes(nodes: readonly (string | StaticNode)[]): Discovery {
  const topology = readable('staticNodes', () => topologyOf(parseNodes(nodes)));
  return Object.freeze({
    watch: (listener) =>
      startWatch(
        {
          source: 'static',
          look: () => Promise.resolve({ topology, answeredBy: 'static' }),
          pollIntervalMs: undefined,
          environment: systemEnvironment,
        },
        listener,
      ),
  } satisfies Discovery);
}

function parseNodes(given: readonly (string | StaticNode)[]): readonly ClusterNode[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw badOption(
      'staticNodes',
      'an array with at least one node',
      given,
      'For example ["10.0.0.1:11211", "10.0.0.2:11211"].',
    );
  }
  if (given.length > MAX_NODES) {
    throw new DiscoveryError(
      'SESS_BAD_OPTION',
      `staticNodes: expected at most ${MAX_NODES} nodes, got ${given.length}.`,
    );
  }
  const places = new Map<string, number>();
  // Also visits the holes of a list.
  return Array.from(given, (value: unknown, index) => {
    const where = `staticNodes[${index}]`;
    const node =
      typeof value === 'object' && value !== null
        ? checkedNode(value, where)
        : clusterNode(parseHostAndPort(value, where));
    const key = canonicalId(node);
    const earlier = places.get(key);
    if (earlier !== undefined) {
      throw new DiscoveryError(
        'SESS_BAD_OPTION',
        `${where}: "${node.id}" was already given as staticNodes[${earlier}]. Give every node once.`,
      );
    }
    places.set(key, index);
    return node;
  });
}

function checkedNode(value: object, where: string): ClusterNode {
  const { host, port, weight, zone } = knownOptions<Partial<StaticNode>>(where, { ...value }, [
    'host',
    'port',
    'weight',
    'zone',
  ]);
  if (typeof host !== 'string' || !isHost(host)) {
    throw badOption(`${where}.host`, 'a host name or IP address', host, 'Leave out scheme, brackets and port.');
  }
  if (!isPort(port)) throw badOption(`${where}.port`, 'a whole number from 1 to 65535', port);
  if (weight !== undefined && !(typeof weight === 'number' && Number.isFinite(weight) && weight > 0)) {
    throw badOption(`${where}.weight`, 'a finite number above 0', weight, 'Leave a node out to give it nothing.');
  }
  if (zone !== undefined && !isZone(zone))
    throw badOption(`${where}.zone`, '1 to 64 letters, digits, "-", "_", "." or ":"', zone);
  return clusterNode({ host, port, weight, zone });
}
