import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { SELF_SIGNED } from '@sess/loopback';

/** What the server does with a line: bytes to answer with, or anything with the socket. `undefined` says nothing. */
export type Script = (line: string, socket: Socket) => string | Uint8Array | undefined;

/** A server on the loopback that answers each line as a test tells it to. */
export class ScriptedServer {
  /** Every line received, in order. */
  readonly lines: string[] = [];
  /** Connections accepted so far. */
  connections = 0;
  /** May be changed while it runs. */
  script: Script;
  /** Said as soon as somebody connects. */
  greeting: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waiting: (() => void)[] = [];

  private constructor(script: Script, tls: boolean) {
    this.script = script;
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = tls ? createTlsServer(SELF_SIGNED, accept) : createServer(accept);
    // A client that refuses the certificate hangs up.
    this.#server.on('tlsClientError', () => {});
  }

  static async start(
    script: Script,
    options: { readonly tls?: boolean; readonly host?: string; readonly port?: number } = {},
  ): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(script, options.tls === true);
    await new Promise<void>((resolve, reject) => {
      scripted.#server.once('error', reject);
      scripted.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that stand now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Resolves as soon as `condition` holds; looked at whenever a line comes, and a connection comes or goes. */
  async until(condition: (server: ScriptedServer) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    if (this.greeting !== undefined) socket.write(this.greeting);
    let pending = '';
    socket.on('data', (chunk) => {
      const lines = (pending + chunk.toString('latin1')).split('\r\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        this.lines.push(line);
        const answer = this.script(line, socket);
        if (answer !== undefined) socket.write(answer);
      }
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#wake();
    });
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** A reply to `config get cluster`, as ElastiCache writes it. */
export function configReply(version: number | string, list: string): string {
  return framed(`${version}\n${list}\n`);
}

/** Any payload, in the frame of `config get cluster`. */
export function framed(payload: string): string {
  return `CONFIG cluster 0 ${Buffer.byteLength(payload)}\r\n${payload}\r\nEND\r\n`;
}

/** Answers `config get cluster` with `reply`, and anything else as memcached does when it does not know a command. */
export function answering(reply: string | (() => string)): Script {
  return (line) => (line === 'config get cluster' ? (typeof reply === 'string' ? reply : reply()) : 'ERROR\r\n');
}

/** Whether this machine has an IPv6 loopback. */
export const hasIpv6: boolean = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
