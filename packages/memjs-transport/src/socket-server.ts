import type { Socket } from 'node:net';
import type { TransportOptions } from '@sess/client';
import { Server } from 'memjs';

/**
 * memjs's `Server` over one socket that it is given, for as long as that socket lives.
 *
 * By itself memjs makes the socket, and makes another one when that is lost, in the same object: half a reply of the
 * old connection then stands in front of the first of the new one, and a connection that is closed by the other side
 * leaves its requests unanswered for ever. Here a `Server` never sees a second connection, and {@link Connection} tells
 * it of the end of the first.
 */
export class SocketServer extends Server {
  readonly #socket: Socket;

  constructor(socket: Socket, credentials: TransportOptions['credentials']) {
    // A timeout of 0 turns memjs's own off: when one request is late, it would fail all of them.
    super('', 0, credentials?.username, credentials?.password, { timeout: 0 });
    this.#socket = socket;
  }

  /** How memjs gets at its socket: here it is there already. */
  override sock(_sasl: boolean, go: (socket: Socket) => void): void {
    go(this.#socket);
  }
}
