import type { Attributes } from './sink.ts';

/** A node's address from its id: `host:port`, `[::1]:11211`, or the path of a Unix socket. */
export function serverOf(nodeId: string): Attributes {
  const colon = nodeId.lastIndexOf(':');
  const port = Number(nodeId.slice(colon + 1));
  if (nodeId.startsWith('/') || colon < 0 || !Number.isInteger(port)) return { 'server.address': nodeId };
  return { 'server.address': nodeId.slice(0, colon).replace(/^\[|\]$/g, ''), 'server.port': port };
}
