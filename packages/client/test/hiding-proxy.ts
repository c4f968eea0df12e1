import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A proxy that hides a restart of its server: it keeps the clients' connections, and connects to the server again with
 * the next request.
 */
export class HidingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Open connections to the server. */
  connections = 0;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    server.on('connection', (client: Socket) => {
      let target: Socket | undefined;
      const toServer = (): Socket => {
        const socket = this.#own(connect(targetPort, '127.0.0.1'));
        socket.on('data', (chunk: Buffer) => client.write(chunk));
        this.connections += 1;
        socket.on('close', () => {
          this.connections -= 1;
          if (target === socket) target = undefined;
        });
        return socket;
      };
      this.#own(client);
      client.on('data', (chunk: Buffer) => (target ??= toServer()).write(chunk));
      client.on('close', () => target?.destroy());
    });
  }

  static async start(targetPort: number): Promise<HidingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HidingProxy(server, targetPort);
  }

  get id(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #own(socket: Socket): Socket {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    // The other side decides what to do about it.
    socket.on('error', () => undefined);
    return socket;
  }
}
