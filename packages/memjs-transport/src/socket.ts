import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { openedSocket, sharedLookup, tlsIdentity, type TransportNode, type TransportOptions } from '@sess/client';

const KEEP_ALIVE_MS = 30_000;

/** A connecting socket, and its event for success. memjs itself supports neither TLS nor Unix sockets. */
export interface Dialled {
  readonly socket: Socket;
  readonly arrival: 'connect' | 'secureConnect';
}

export function dial(node: TransportNode, { tls, credentials }: TransportOptions): Dialled {
  const target =
    node.path === undefined
      ? { host: node.address ?? node.host, port: node.port, lookup: sharedLookup }
      : { path: node.path };
  const socket = openedSocket(
    () => (tls === false ? connect(target) : connectTls({ ...tls, ...tlsIdentity(node.host, tls), ...target })),
    credentials,
  );
  // Requests in flight keep the process running, idle connections don't.
  socket.unref();
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return { socket, arrival: tls === false ? 'connect' : 'secureConnect' };
}
