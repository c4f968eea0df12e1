import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a relay listens: an address (on a free port), or the path of a Unix socket. */
export type RelayAddress = { readonly host: string } | { readonly path: string };

/** Handles a node's reply: forwards it to the client, or does something else. */
export type ReplyHandler = (bytes: Buffer, client: Socket) => void;

/** A proxy between a transport and a node: counts sent bytes, and can cut, hold or split replies. */
export class Relay implements AsyncDisposable {
  /** Bytes that clients have sent so far, over all connections. */
  bytesSent = 0;
  /** Connections made so far. */
  connections = 0;
  /** Handles replies. Default: forwards them unchanged. */
  onReply: ReplyHandler = (bytes, client) => void client.write(bytes);
  readonly #server: Server;
  readonly #clients: Set<Socket> = new Set();
  readonly #events: EventEmitter = new EventEmitter();

  private constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')));
  }

  static async start(port: number, address: RelayAddress = { host: '127.0.0.1' }): Promise<Relay> {
    const relay = new Relay(port);
    relay.#server.listen('path' in address ? { path: address.path } : { host: address.host, port: 0 });
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes every connection, on both sides. */
  cut(): void {
    for (const client of this.#clients) client.destroy();
  }

  /** Resolves when no connection is left. */
  async idle(): Promise<void> {
    while (this.#clients.size > 0) await once(this.#events, 'left');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, node: Socket): void {
    this.connections += 1;
    this.#clients.add(client);
    client.setNoDelay(true);
    client.on('error', () => node.destroy());
    node.on('error', () => client.destroy());
    client.on('data', (bytes) => {
      this.bytesSent += bytes.length;
      node.write(bytes);
    });
    node.on('data', (bytes) => this.onReply(bytes, client));
    node.on('close', () => client.destroy());
    client.on('close', () => {
      node.destroy();
      this.#clients.delete(client);
      this.#events.emit('left');
    });
  }
}

/** Forwards replies in pieces of the given sizes, repeated, each in its own write and turn of the event loop. */
export function inPieces(sizes: readonly number[]): ReplyHandler {
  const queues = new WeakMap<Socket, Promise<void>>();
  let turn = 0;
  const send = async (bytes: Buffer, client: Socket): Promise<void> => {
    for (let start = 0; start < bytes.length && !client.destroyed; turn += 1) {
      const end = start + (sizes[turn % sizes.length] ?? bytes.length);
      const piece = bytes.subarray(start, end);
      await new Promise<void>((resolve) => void client.write(piece, () => setImmediate(resolve)));
      start = end;
    }
  };
  return (bytes, client) => {
    const before = queues.get(client) ?? Promise.resolve();
    queues.set(
      client,
      before.then(() => send(bytes, client)),
    );
  };
}
