import { isIP, type Socket } from 'node:net';
import { someOf } from './some-of.ts';
import type { ClusterNode } from './topology.ts';

/**
 * Records which addresses a socket tries, for the error if it does not connect in time. Call it in the same turn of the
 * event loop in which the socket is created.
 *
 * @returns a function that returns a sentence after a space; an empty string if the socket connects to an address or a
 *   path
 */
export function addressesTried(
  socket: Socket,
  { host, address, path }: Pick<ClusterNode, 'host' | 'address'> & { readonly path?: string },
): () => string {
  if (path !== undefined || address !== undefined || isIP(host) !== 0) return () => '';
  const tried: string[] = [];
  socket.on('connectionAttempt', (attempted) => tried.push(attempted));
  return () =>
    tried.length === 0 ? ` ${host} was not resolved in that time.` : ` Tried ${host} at ${someOf(tried, ' and ')}.`;
}
