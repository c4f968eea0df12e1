import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const LATENCY_MS = 1;

/** Stands between a client and a node, a millisecond away from each, as a network does that translates addresses. */
export class ForgetfulProxy implements AsyncDisposable {
  /** Connections that came. */
  connections = 0;
  readonly #server: Server;
  readonly #nodePort: number;
  readonly #sockets = new Set<Socket>();
  #forgotten = new Set<Socket>();

  private constructor(server: Server, nodePort: number) {
    this.#server = server;
    this.#nodePort = nodePort;
    server.on('connection', (client: Socket) => {
      this.connections += 1;
      const node = connect(this.#nodePort, '127.0.0.1');
      this.#pass(client, node);
      this.#pass(node, client);
    });
  }

  static async start(nodePort: number): Promise<ForgetfulProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ForgetfulProxy(server, nodePort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * What comes on the connections that stand goes nowhere, and nobody is told: they were idle for too long. New ones
   * are translated as before.
   */
  forget(): void {
    this.#forgotten = new Set(this.#sockets);
  }

  /** The same, from a network that answers with a reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
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
    from.on('data', (chunk: Buffer) => {
      setTimeout(() => {
        if (!this.#forgotten.has(from) && !to.destroyed) to.write(chunk);
      }, LATENCY_MS);
    });
  }
}
