import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Called once per direction of a connection. Returns a function that gets each chunk and decides whether to write it to
 * `to`.
 */
export type Passage = (from: Socket, to: Socket) => (chunk: Buffer) => void;

/** Delays each chunk by `latencyMs`. Keeps the order: timers of one length fire in the order in which they were set. */
export function delayed(latencyMs: number): Passage {
  return (_, to) => (chunk) => {
    setTimeout(() => {
      if (!to.destroyed) to.write(chunk);
    }, latencyMs);
  };
}

/** A proxy between clients and a server on 127.0.0.1. When one side of a connection ends, so does the other. */
export class TcpProxy implements AsyncDisposable {
  /** Connections accepted so far. */
  connections = 0;
  /** Both ends of each open connection. */
  readonly sockets: Set<Socket> = new Set();
  readonly #server: Server;
  readonly #passage: Passage;

  private constructor(server: Server, targetPort: number, passage: Passage) {
    this.#server = server;
    this.#passage = passage;
    server.on('connection', (client: Socket) => {
      this.connections += 1;
      const target = connect(targetPort, '127.0.0.1');
      this.#pass(client, target);
      this.#pass(target, client);
    });
  }

  /** Listens on a free port of 127.0.0.1 and connects to the server on `targetPort`. */
  static async start(targetPort: number, passage: Passage): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort, passage);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets every open connection, on both sides. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    from.on('data', this.#passage(from, to));
  }
}
