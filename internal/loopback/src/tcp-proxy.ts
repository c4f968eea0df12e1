import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from 'node:net';

/**
 * Called once per direction of a connection; `from` is the end of this `side`. Returns a function that gets each chunk
 * and decides whether to write it to `to`.
 */
export type Passage = (from: Socket, to: Socket, side: 'client' | 'server') => (chunk: Buffer) => void;

/** Delays each chunk by `latencyMs`. Keeps the order: timers of one length fire in the order in which they were set. */
export function delayed(latencyMs: number | (() => number)): Passage {
  return (_, to) => (chunk) => {
    setTimeout(
      () => {
        if (!to.destroyed) to.write(chunk);
      },
      typeof latencyMs === 'number' ? latencyMs : latencyMs(),
    );
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

  /** Connects to the server on `targetPort` of 127.0.0.1. */
  constructor(targetPort: number, passage: Passage) {
    this.#passage = passage;
    this.#server = createServer((client) => {
      this.connections += 1;
      const target = connect(targetPort, '127.0.0.1');
      this.#pass(client, target, 'client');
      this.#pass(target, client, 'server');
    });
  }

  /** A proxy that {@link listen}s. */
  static start(targetPort: number, passage: Passage): Promise<TcpProxy> {
    return new TcpProxy(targetPort, passage).listen();
  }

  /** Listens, by default on a free port of 127.0.0.1. */
  async listen(at: ListenOptions = {}): Promise<this> {
    this.#server.listen('path' in at ? at : { host: '127.0.0.1', port: 0, ...at });
    await once(this.#server, 'listening');
    return this;
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

  #pass(from: Socket, to: Socket, side: 'client' | 'server'): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    from.on('data', this.#passage(from, to, side));
  }
}
