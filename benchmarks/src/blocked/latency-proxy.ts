import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const LATENCY_MS = 1;

/** Stands before a server on loopback, a millisecond away each way. */
export class LatencyProxy implements AsyncDisposable {
  /** Connections that came so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    server.on('connection', (client: Socket) => {
      this.connections += 1;
      const target = connect(port, '127.0.0.1');
      this.#pass(client, target);
      this.#pass(target, client);
    });
  }

  /** Before the server on `port`. */
  static async start(port: number): Promise<LatencyProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LatencyProxy(server, port);
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    // Timers of one length fire in the order in which they were set.
    from.on('data', (chunk: Buffer) => {
      setTimeout(() => {
        if (!to.destroyed) to.write(chunk);
      }, LATENCY_MS);
    });
  }
}
