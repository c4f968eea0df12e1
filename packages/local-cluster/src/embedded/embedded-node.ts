import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { ConfigurationListing } from '../configuration/configuration-listing.ts';
import { LocalClusterError } from '../errors.ts';
import type { NodeSettings } from '../options.ts';
import type { NodeAddress, RunningNode } from '../runtime/node-runner.ts';
import { BinaryProtocol } from './binary/binary-protocol.ts';
import { REQUEST_MAGIC } from './binary/frame.ts';
import { SaslLogin } from './binary/sasl-login.ts';
import { Connection } from './connection.ts';
import { ItemStore } from './item-store.ts';
import type { Protocol } from './protocol.ts';
import { MAX_CONNECTIONS, ServerStats, type ConnectionRow } from './stats/server-stats.ts';
import type { CommandContext } from './text/command.ts';
import { TextLogin } from './text/text-login.ts';
import { TextProtocol } from './text/text-protocol.ts';

/** A memcached server inside this process, from one start to its end. */
export class EmbeddedNode implements RunningNode {
  readonly #server: Server;
  readonly #settings: NodeSettings;
  readonly #context: CommandContext;
  readonly #secure: SecureContext | undefined;
  /** Accepted sockets, with their connection once it has begun. */
  readonly #sockets: Map<Socket, Connection | undefined> = new Map();
  #paused = false;

  constructor(settings: NodeSettings, listing: (() => ConfigurationListing) | undefined) {
    const store = new ItemStore(
      { memoryBytes: settings.memoryMegabytes * 1_048_576, itemBytes: settings.maxItemBytes },
      settings.now,
    );
    this.#settings = settings;
    const stats = new ServerStats();
    stats.asksForLogin = settings.credentials !== undefined;
    this.#context = { store, stats, listing, listsKeys: settings.listsKeys };
    stats.connected = () => this.#connected(store.now());
    this.#secure = settings.tls && createSecureContext({ key: settings.tls.key, cert: settings.tls.cert });
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  listen({ host, port }: NodeAddress): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.on('error', (error: NodeJS.ErrnoException) => {
        const inUse = error.code === 'EADDRINUSE';
        reject(
          new LocalClusterError(
            inUse ? 'SESS_PORT_IN_USE' : 'SESS_START_FAILED',
            `an embedded node can't listen on ${host}:${port}: ${inUse ? 'the port is in use; stop what listens there' : error.message}`,
            error,
          ),
        );
      });
      this.#context.stats.port = port;
      this.#server.listen({ host, port, exclusive: true }, resolve);
    });
  }

  kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    // Like the connections of a process that ends: FIN, or RST if there is unread data.
    for (const socket of this.#sockets.keys()) socket.destroy();
    return closed;
  }

  pause(): Promise<void> {
    this.#paused = true;
    for (const connection of this.#sockets.values()) connection?.freeze();
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.#paused = false;
    for (const [socket, connection] of this.#sockets) {
      if (connection) connection.thaw();
      else this.#converse(socket);
    }
    return Promise.resolve();
  }

  #connected(now: number): readonly ConnectionRow[] {
    return Array.from(this.#sockets, ([socket, connection]) => ({
      address: `tcp:${socket.remoteAddress}:${socket.remotePort}`,
      state: connection?.state ?? 'conn_new_cmd',
      secondsSinceLastCommand: now - Math.floor((connection?.lastReadAt ?? now * 1_000) / 1_000),
    }));
  }

  #accept(socket: Socket): void {
    const { stats } = this.#context;
    socket.on('error', () => undefined);
    if (stats.connections >= MAX_CONNECTIONS) {
      stats.note('rejected');
      return void socket.end('ERROR Too many open connections\r\n').resume();
    }
    this.#sockets.set(socket, undefined);
    stats.connections++;
    stats.note('connected');
    socket.on('close', () => {
      this.#sockets.delete(socket);
      stats.connections--;
    });
    // While paused, clients only see that the kernel accepted the connection.
    if (!this.#paused) this.#converse(socket);
  }

  #converse(raw: Socket): void {
    const socket = this.#secure ? new TLSSocket(raw, { isServer: true, secureContext: this.#secure }) : raw;
    socket.on('error', () => raw.destroy());
    this.#sockets.set(
      raw,
      new Connection(
        socket,
        (firstByte) => this.#protocolFor(firstByte),
        this.#context.stats,
        this.#settings.now,
      ).begin(),
    );
    raw.resume();
  }

  #protocolFor(firstByte: number): Protocol {
    const { credentials } = this.#settings;
    const tried = (granted: boolean): void => this.#context.stats.count('auth', granted);
    if (firstByte === REQUEST_MAGIC)
      return new BinaryProtocol(this.#context, credentials && new SaslLogin(credentials, tried));
    return new TextProtocol(this.#context, credentials && new TextLogin(credentials, tried));
  }
}
