import { isIP } from 'node:net';
import { isNodeHost, isPort } from '../node-address.ts';
import { clusterNode, MAX_NODES, topologyOf } from '../topology-value.ts';
import type { ClusterNode, Topology } from '../topology.ts';
import { excerpt } from './reply.ts';

/** The parsed payload of a reply. */
export type Configuration =
  | { readonly kind: 'topology'; readonly topology: Topology }
  /** Valid, but without a node. */
  | { readonly kind: 'empty'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

/**
 * Parses `<version> `, `host|ip|port host|ip|port … `. Lines may end in CRLF, and the last line break may be missing.
 * One node that can't be parsed makes the whole list malformed, because a list with a hole would move keys. Nodes keep
 * the order of the list.
 */
export function parseConfiguration(payload: string): Configuration {
  const lines = payload
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [versionLine, nodeLine, surplus] = lines;
  if (versionLine === undefined) return { kind: 'empty', reason: 'the configuration is empty' };
  const version = /^\d+$/u.test(versionLine) ? Number(versionLine) : Number.NaN;
  if (!Number.isSafeInteger(version))
    return malformed(`its first line should be the version, and is ${excerpt(versionLine)}`);
  if (nodeLine === undefined) return { kind: 'empty', reason: `version ${version} lists no node` };
  if (surplus !== undefined) return malformed(`a third line follows the list: ${excerpt(surplus)}`);

  const entries = nodeLine.split(/\s+/u);
  if (entries.length > MAX_NODES) return malformed(`it lists ${entries.length} nodes, more than ${MAX_NODES}`);
  const nodes: ClusterNode[] = [];
  for (const entry of entries) {
    const node = parseNode(entry);
    if (node === undefined) return malformed(`${excerpt(entry)} is not "host|ip|port"`);
    nodes.push(node);
  }
  return { kind: 'topology', topology: topologyOf(nodes, version) };
}

/**
 * `host|ip|port`. The ip may be empty or IPv6; the host may be an address (Google Memorystore) or begin with a digit.
 */
function parseNode(entry: string): ClusterNode | undefined {
  const [hostField, addressField, portField, ...surplus] = entry.split('|');
  if (hostField === undefined || addressField === undefined || portField === undefined || surplus.length > 0)
    return undefined;
  const host = withoutBrackets(hostField);
  const address = withoutBrackets(addressField);
  const port = /^\d{1,5}$/u.test(portField) ? Number(portField) : Number.NaN;
  if (!isNodeHost(host) || !isPort(port)) return undefined;
  if (address !== '' && (isIP(address) === 0 || !isNodeHost(address))) return undefined;
  return clusterNode({ host, port, address: address === '' ? undefined : address });
}

function withoutBrackets(field: string): string {
  return field.startsWith('[') && field.endsWith(']') ? field.slice(1, -1) : field;
}

function malformed(reason: string): Configuration {
  return { kind: 'malformed', reason };
}
