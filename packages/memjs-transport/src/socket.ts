import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { openedSocket, sharedLookup, type TransportNode } from '@sess/client';

const KEEP_ALIVE_MS = 30_000;

/** A connecting socket, and its event for success. memjs itself supports neither TLS nor Unix sockets. */
export interface Dialled {
  readonly socket: Socket;
  readonly arrival: 'connect' | 'secureConnect';
}

export function dial(node: TransportNode, tls: false | TlsOptions): Dialled {
  const target =
    node.path === undefined
      ? { host: node.address ?? node.host, port: node.port, lookup: sharedLookup }
      : { path: node.path };
  const socket = openedSocket(() =>
    tls === false ? connect(target) : connectTls({ ...identity(node, tls), ...tls, ...target }),
  );
  // Requests in flight keep the process running, idle connections don't.
  socket.unref();
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return { socket, arrival: tls === false ? 'connect' : 'secureConnect' };
}

/**
 * Checks the certificate against the node's name, whichever address discovery found for it. The server name (SNI) must
 * not be an address.
 */
function identity({ host }: TransportNode, { servername }: TlsOptions): TlsOptions {
  return {
    ...(isIP(host) === 0 ? { servername: host } : {}),
    checkServerIdentity: (_name, certificate) => checkServerIdentity(servername ?? host, certificate),
  };
}
