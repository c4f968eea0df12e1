import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { warnOfPlainPassword } from './plain-password.ts';

/**
 * The socket of `open`. Node.js throws at once for options that it can't use; here, the connection fails instead, like
 * any other.
 *
 * @param credentials that will be sent on it, if any: without TLS, a warning says so
 */
export function openedSocket(open: () => Socket, credentials?: object): Socket {
  try {
    const socket = open();
    if (credentials !== undefined && !(socket instanceof TLSSocket))
      socket.once('connect', () => warnOfPlainPassword(socket));
    return socket;
  } catch (error) {
    return new Socket().destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
