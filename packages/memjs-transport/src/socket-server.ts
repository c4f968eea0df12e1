import type { Socket } from 'node:net';
import type { TransportOptions } from '@sess/client';
import { Server } from 'memjs';

/**
 * memjs's `Server` over one given socket, for the life of that socket.
 *
 * memjs itself opens the socket and replaces a lost one in the same object: half a reply of the old connection then
 * precedes the first reply of the new one, and requests on a connection that the node closed are never settled. Here a
 * `Server` has only one connection, and {@link Connection} ends it.
 */
export class SocketServer extends Server {
  readonly #socket: Socket;

  constructor(socket: Socket, credentials: TransportOptions['credentials']) {
    // 0 disables memjs's own timeout, which fails all requests if one is late.
    super('', 0, credentials?.username, credentials?.password, { timeout: 0 });
    this.#socket = socket;
  }

  /** memjs calls this for its socket, which exists already. */
  override sock(_sasl: boolean, go: (socket: Socket) => void): void {
    go(this.#socket);
  }
}
