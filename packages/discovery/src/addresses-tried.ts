import { isIP, type Socket } from 'node:net';
import { someOf } from './some-of.ts';
import type { ClusterNode } from './topology.ts';

/**
 * Records which addresses a socket tries, for the error if it does not connect in time. Call it in the same turn of the
 * event loop in which the socket is created.
 *
 * @returns a function that returns sentences after a space: what was tried, and what to check; an empty string once the
 *   socket has connected, and for a path
 */
export function addressesTried(
  socket: Socket,
  { host, address, path }: Pick<ClusterNode, 'host' | 'address'> & { readonly path?: string },
): () => string {
  if (path !== undefined) return () => '';
  const isName = address === undefined && isIP(host) === 0;
  const tried: string[] = [];
  let hasConnected = false;
  socket.on('connectionAttempt', (attempted) => tried.push(attempted));
  socket.once('connect', () => (hasConnected = true));
  return () => {
    if (hasConnected) return '';
    if (isName && tried.length === 0)
      return ` ${host} was not resolved in that time: check that the DNS servers of this machine answer.`;
    const where = isName ? ` Tried ${host} at ${someOf(tried, ' and ')}.` : '';
    return `${where} Check the address, and that the network lets this machine reach it.`;
  };
}
