import { isIPv6 } from 'node:net';

import type { RingNode } from './distribution.ts';
import { HashRingError, shown } from './errors.ts';

/** A checked node with its id split into host and port. */
export interface PlacedNode {
  /** The node's index in the given list. */
  readonly index: number;
  readonly id: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly address: string | undefined;
}

/**
 * Checks all nodes and sorts them by host, byte for byte, then by port. Algorithms that depend on positions use this
 * order, so the order of the given list never changes an owner. It is libmemcached's order with
 * `MEMCACHED_BEHAVIOR_SORT_HOSTS`.
 *
 * @throws {HashRingError} `SESS_BAD_NODE`
 */
export function placeNodes(nodes: readonly RingNode[]): readonly PlacedNode[] {
  if (!Array.isArray(nodes)) {
    throw new HashRingError(
      'SESS_BAD_NODE',
      `nodes: expected an array of { id: "host:port" }, got ${shown(nodes)}. Put the nodes in an array.`,
    );
  }
  const seen = new Map<string, number>();
  const placed = nodes.map((node: RingNode, index) => {
    const checked = checkNode(node, index);
    const first = seen.get(checked.id);
    if (first !== undefined) {
      throw new HashRingError(
        'SESS_BAD_NODE',
        `nodes[${index}].id: expected each node once, got ${shown(checked.id)} again (first at nodes[${first}]). Remove one; for a larger share set its weight.`,
      );
    }
    seen.set(checked.id, index);
    return checked;
  });
  return placed.toSorted(byHostAndPort);
}

function byHostAndPort(one: PlacedNode, other: PlacedNode): number {
  if (one.host !== other.host) return one.host < other.host ? -1 : 1;
  return one.port - other.port;
}

function checkNode(node: RingNode, index: number): PlacedNode {
  const where = `nodes[${index}]`;
  if (typeof node !== 'object' || node === null) {
    const hint = typeof node === 'string' ? ` Write { id: ${shown(node)} }.` : '';
    throw new HashRingError(
      'SESS_BAD_NODE',
      `${where}: expected { id: "host:port", weight? }, got ${shown(node)}.${hint}`,
    );
  }
  const { host, port } = splitId(node.id, where);
  if (node.zone !== undefined && (typeof node.zone !== 'string' || node.zone === '')) {
    throw new HashRingError(
      'SESS_BAD_NODE',
      `${where}.zone: expected the name of a zone, got ${shown(node.zone)}. Leave it out where there are none.`,
    );
  }
  return { index, id: node.id, host, port, weight: checkWeight(node.weight, where), address: node.address };
}

const HOST_AND_PORT = /^(?:\[(?<bracketed>[^[\]]+)\]|(?<plain>[^:[\]/]+)):(?<port>[1-9]\d{0,4})$/;
/** Printable ASCII without space, as in host names and memcached's protocol. */
const PRINTABLE = /^[!-~]+$/;
const HIGHEST_PORT = 65_535;

function splitId(id: unknown, where: string): { readonly host: string; readonly port: number } {
  const parts = typeof id === 'string' && PRINTABLE.test(id) ? HOST_AND_PORT.exec(id)?.groups : undefined;
  const port = Number(parts?.['port']);
  const host = parts?.['plain'] ?? (isIPv6(parts?.['bracketed'] ?? '') ? parts?.['bracketed'] : undefined);
  if (host === undefined || !(port <= HIGHEST_PORT)) {
    throw new HashRingError(
      'SESS_BAD_NODE',
      `${where}.id: expected "host:port" in printable ASCII with a port from 1 to ${HIGHEST_PORT}, got ${shown(id)}. ${adviceForId(id)}`,
    );
  }
  return { host, port };
}

function adviceForId(id: unknown): string {
  if (typeof id !== 'string') return 'Name the node, as in "10.0.0.1:11211".';
  if (isIPv6(id)) return `Put the IPv6 address in brackets and add the port, as in "[${id}]:11211".`;
  const lastColon = id.lastIndexOf(':');
  if (isIPv6(id.slice(0, Math.max(lastColon, 0)))) {
    return `Put the IPv6 address in brackets, as in "[${id.slice(0, lastColon)}]${id.slice(lastColon)}".`;
  }
  if (id !== '' && PRINTABLE.test(id) && !/[:/[\]]/.test(id)) return `Add the port, as in ${shown(`${id}:11211`)}.`;
  return 'Write it as in "10.0.0.1:11211", "cache.example.com:11211" or "[::1]:11211".';
}

function checkWeight(weight: unknown, where: string): number {
  if (weight === undefined) return 1;
  if (typeof weight === 'number' && Number.isFinite(weight) && weight > 0) return weight;
  throw new HashRingError(
    'SESS_BAD_NODE',
    `${where}.weight: expected a finite number above 0, got ${shown(weight)}. ${
      weight === 0 ? 'Leave a node that should hold nothing out of the list.' : 'Leave it out for the default, 1.'
    }`,
  );
}
