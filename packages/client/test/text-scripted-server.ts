import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { textTransport, type TextTransportOptions } from '../src/transport/text/index.ts';
import type { NodeTransport, TransportOptions } from '../src/transport/transport.ts';

export const OPTIONS: TransportOptions = {
  timeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  tls: false,
  credentials: undefined,
  maxInFlight: 1_000,
  maxQueuedBytes: 16 * 1_048_576,
  maxValueBytes: 1_000_000,
};

const META_GREETING = 'MN\r\nVERSION 1.6.18\r\n';

/** The server's end of a connection: the test is the server. */
export class Peer {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #changes: EventEmitter = new EventEmitter();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#changes.emit('change');
    });
    socket.on('close', () => this.#changes.emit('change'));
    socket.on('error', () => this.#changes.emit('change'));
  }

  /** What has come and was not taken. */
  get received(): Buffer {
    this.#received = Buffer.concat([this.#received, ...this.#chunks.splice(0)]);
    return this.#received;
  }

  /** Takes the first `length` bytes when they have come. */
  async take(length: number): Promise<string> {
    await this.#until(() => this.#bytes >= length);
    const taken = this.received.toString('latin1', 0, length);
    this.#received = this.#received.subarray(length);
    this.#bytes -= length;
    return taken;
  }

  /** Takes `count` lines when they have come. */
  async lines(count: number): Promise<string[]> {
    await this.#until(() => this.received.toString('latin1').split('\r\n').length > count);
    const lines = this.received.toString('latin1').split('\r\n').slice(0, count);
    await this.take(lines.join('\r\n').length + 2);
    return lines;
  }

  async closed(): Promise<void> {
    await this.#until(() => this.socket.closed);
  }

  say(text: string): void {
    this.socket.write(text, 'latin1');
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changes, 'change');
  }
}

/** A server that does what the test says, and a transport to it. Both end with the test. */
export class ScriptedServer {
  readonly epochs: number[] = [];
  readonly losses: Error[] = [];
  readonly transport: NodeTransport;
  readonly #server: Server;
  readonly #peers: Peer[] = [];
  #taken = 0;
  readonly #changes: EventEmitter = new EventEmitter();

  private constructor(server: Server, options: Partial<TransportOptions>, dialect: TextTransportOptions['dialect']) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#peers.push(new Peer(socket));
      this.#changes.emit('change');
    });
    const node = { id: `127.0.0.1:${this.port}`, host: '127.0.0.1', port: this.port };
    this.transport = textTransport(dialect === undefined ? {} : { dialect }).open(
      node,
      { ...OPTIONS, ...options },
      {
        connected: (epoch) => {
          this.epochs.push(epoch);
          this.#changes.emit('change');
        },
        disconnected: (error) => {
          this.losses.push(error);
          this.#changes.emit('change');
        },
      },
    );
  }

  static async start(
    options: Partial<TransportOptions> = {},
    dialect?: TextTransportOptions['dialect'],
  ): Promise<ScriptedServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const scripted = new ScriptedServer(server, options, dialect);
    onTestFinished(() => scripted.#end());
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections came so far. */
  get connections(): number {
    return this.#peers.length;
  }

  /** The next connection, before it was greeted. */
  async accept(): Promise<Peer> {
    await this.#until(() => this.#peers.length > this.#taken);
    const peer = this.#peers[this.#taken];
    if (peer === undefined) throw new Error('no connection came');
    this.#taken += 1;
    return peer;
  }

  /** The next connection, greeted as memcached 1.6.18 does it. */
  async greet(): Promise<Peer> {
    const peer = await this.accept();
    await peer.lines(2);
    peer.say(META_GREETING);
    await this.#until(() => this.epochs.length > 0);
    return peer;
  }

  /** A connection that stands, has answered a request, and is idle. */
  async serve(): Promise<Peer> {
    const probe = this.transport.probe();
    const peer = await this.greet();
    await peer.lines(1);
    peer.say('VERSION 1.6.18\r\n');
    await probe;
    return peer;
  }

  /**
   * The same, and was asked for its largest item, which it does not tell: stores go out without a question from now on.
   */
  async serveAsked(): Promise<Peer> {
    const peer = await this.serve();
    // Of a connection that is gone, so it is not sent after the question.
    const outdated = this.transport.store({ cas: { unique: 1, epoch: 0 } }, 'key', Buffer.alloc(1_024), {
      ttlSeconds: 60,
      flags: 0,
    });
    (await this.accept()).socket.destroy();
    await outdated;
    return peer;
  }

  async lost(count: number): Promise<void> {
    await this.#until(() => this.losses.length >= count);
  }

  /** No more connections; those that stand stay. */
  async stopListening(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const { socket } of this.#peers) socket.destroy();
    });
  }

  async #end(): Promise<void> {
    this.transport.destroy();
    if (this.#server.listening) await this.stopListening();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changes, 'change');
  }
}

/** What became of each promise: its value, or the code of its error. */
export async function outcomes(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) =>
    result.status === 'fulfilled' ? result.value : (result.reason as { code?: unknown }).code,
  );
}

/** The opaque number of a meta command, to be sent back. */
export function opaque(line: string | undefined): string {
  return /O\d+/.exec(line ?? '')?.[0] ?? '';
}
