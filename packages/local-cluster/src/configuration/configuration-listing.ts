/** A node as the configuration protocol lists it: `host|address|port`. */
export interface ListedNode {
  readonly host: string;
  /** Empty if unknown. */
  readonly address: string;
  readonly port: number;
}

/** The content of the reply to `config get cluster`. */
export interface ConfigurationListing {
  readonly version: number;
  readonly nodes: readonly ListedNode[];
}

/** The item under which engines before 1.4.14 keep the configuration. */
export const CLUSTER_KEY = 'AmazonElastiCache:cluster';

/** `<version>\n`, `host|address|port host|address|port\n`: the payload of both forms of the reply. */
function encodePayload(listing: ConfigurationListing): string {
  const nodes = listing.nodes.map(({ host, address, port }) => `${host}|${address}|${port}`);
  return `${listing.version}\n${nodes.join(' ')}\n`;
}

/**
 * The reply to `config get cluster` (engines from 1.4.14). The byte count covers the payload, not the CRLF behind it.
 */
export function encodeConfigReply(listing: ConfigurationListing): string {
  const payload = encodePayload(listing);
  return `CONFIG cluster 0 ${Buffer.byteLength(payload)}\r\n${payload}\r\nEND\r\n`;
}

/** The reply to `get AmazonElastiCache:cluster` (older engines). */
export function encodeValueReply(listing: ConfigurationListing): string {
  const payload = encodePayload(listing);
  return `VALUE ${CLUSTER_KEY} 0 ${Buffer.byteLength(payload)}\r\n${payload}\r\nEND\r\n`;
}
