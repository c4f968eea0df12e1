import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { DiscoveryError, type DiscoveryErrorCode } from '../errors.ts';
import { openedSocket } from '../opened-socket.ts';
import { reasonOf } from '../reason-of.ts';
import { tlsAdvice } from '../tls-advice.ts';
import { tlsIdentity } from '../tls-identity.ts';
import type { Credentials } from './elasticache-options.ts';
import { parseReply, type Reply } from './reply.ts';
import type { Server } from './server.ts';

export interface ExchangeOptions {
  /** IP address to connect to. */
  readonly address: string;
  /** One line, without its line break. */
  readonly command: string;
  readonly tls: ConnectionOptions | undefined;
  readonly credentials: Credentials | undefined;
  readonly signal: AbortSignal;
  /** Called when the server has accepted the connection. */
  readonly accepted?: (() => void) | undefined;
}

/**
 * Sends one command over its own connection and resolves with the reply. Always closes the connection; at once when the
 * signal fires.
 *
 * Rejects with a DiscoveryError, or with the signal's reason.
 */
export function exchange(server: Server, options: ExchangeOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const conversation = new Conversation(server, options, (settle) => {
      signal.removeEventListener('abort', abort);
      settle(resolve, reject);
    });
    const abort = (): void => conversation.end((_, give) => give(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
  });
}

type Settle = (resolve: (reply: Reply) => void, reject: (error: unknown) => void) => void;

class Conversation {
  readonly #server: Server;
  readonly #options: ExchangeOptions;
  readonly #done: (settle: Settle) => void;
  readonly #socket: Socket;
  #connected = false;
  #ready = false;
  #authenticating = false;
  #ended = false;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Bytes needed before the next attempt to parse. Keeps the work linear in the received bytes. */
  #neededBytes = 1;

  constructor(server: Server, options: ExchangeOptions, done: (settle: Settle) => void) {
    this.#server = server;
    this.#options = options;
    this.#done = done;
    this.#socket = openedSocket(() => this.#open(), options.credentials);
    this.#socket.once('connect', () => {
      this.#connected = true;
      options.accepted?.();
    });
    this.#socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => this.#start());
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error: Error) => this.#connectionFailed(error));
    this.#socket.once('close', () => this.#closed());
  }

  end(settle: Settle): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#done(settle);
  }

  #open(): Socket {
    const { address, tls } = this.#options;
    const { port } = this.#server;
    if (tls === undefined) return connectTcp({ host: address, port, noDelay: true });
    // Connects to an address, but checks the certificate against the name.
    return connectTls({ ...tls, ...tlsIdentity(this.#server.host, tls), host: address, port });
  }

  /** Sends nothing, and no credentials, before the server's certificate is checked. */
  #start(): void {
    this.#ready = true;
    const { credentials } = this.#options;
    if (credentials === undefined) {
      this.#sendCommand();
      return;
    }
    this.#authenticating = true;
    const secret = Buffer.from(`${credentials.username} ${credentials.password}`, 'utf8');
    // memcached ignores key and expiry here. It is expired already, so a server without authentication stores nothing.
    this.#socket.write(Buffer.concat([Buffer.from(`set auth 0 -1 ${secret.length}\r\n`), secret, Buffer.from('\r\n')]));
  }

  #sendCommand(): void {
    this.#socket.write(`${this.#options.command}\r\n`);
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes < this.#neededBytes) return;
    const bytes = Buffer.concat(this.#received);
    this.#received = [bytes];
    if (this.#authenticating) this.#receiveVerdict(bytes);
    else this.#receiveReply(bytes);
  }

  #receiveVerdict(bytes: Buffer): void {
    const line = /^([^\n]{0,200}?)\r?\n/u.exec(bytes.toString('latin1', 0, 256))?.[1];
    if (line === undefined && bytes.length < 256) return;
    if (line === undefined || !/^(?:STORED$|CLIENT_ERROR |ERROR(?: |$)|SERVER_ERROR )/u.test(line)) {
      this.#fail('SESS_DISCOVERY_MALFORMED', 'did not answer the credentials like a memcached. Is it one?');
      return;
    }
    // At the limit of connections, or as a proxy: not about the credentials.
    if (/^(?:ERROR Too many open|SERVER_ERROR )/u.test(line)) {
      this.#receiveReply(bytes);
      return;
    }
    if (line !== 'STORED') {
      // The server takes the word before the first space for the user, and the next one for the password.
      const advice = this.#options.credentials?.password.includes(' ')
        ? 'The text protocol can carry no password with a space: choose another'
        : 'Check the option "credentials"';
      this.#fail('SESS_DISCOVERY_AUTH', `refused the user name and password. ${advice}.`);
      return;
    }
    this.#authenticating = false;
    this.#received = [];
    this.#receivedBytes = 0;
    this.#sendCommand();
  }

  #receiveReply(bytes: Buffer): void {
    const reply = parseReply(bytes);
    if (reply.kind === 'incomplete') this.#neededBytes = reply.needs;
    else this.end((resolve) => resolve(reply));
  }

  #connectionFailed(error: Error): void {
    const code = 'code' in error ? String(error.code) : error.message;
    if (code === 'ABORT_ERR') {
      this.#fail('SESS_DISCOVERY_TLS', `was not asked: ${reasonOf(error)}. ${tlsAdvice(error)}.`, error);
    } else if (error instanceof TypeError || error instanceof RangeError) {
      this.#fail('SESS_DISCOVERY_TLS', `was not asked: node:tls refuses an option of tls (${reasonOf(error)}).`, error);
    } else if (!this.#connected) {
      this.#fail(
        'SESS_DISCOVERY_UNREACHABLE',
        `can't be connected to (${code}). Check host, port and the firewall between.`,
        error,
      );
    } else if (this.#options.tls === undefined || LOST.has(code)) {
      this.#fail(
        'SESS_DISCOVERY_UNREACHABLE',
        `was lost before its answer was complete (${code}).${this.#lostAdvice()}`,
        error,
      );
    } else {
      this.#fail(
        'SESS_DISCOVERY_TLS',
        `and this client can't agree on TLS (${reasonOf(error)}). ${tlsAdvice(error) ?? NO_TLS}.`,
        error,
      );
    }
  }

  #closed(): void {
    if (this.#receivedBytes > 0) {
      this.#fail(
        'SESS_DISCOVERY_MALFORMED',
        `closed the connection after ${this.#receivedBytes} bytes, before its answer was complete.`,
      );
    } else {
      this.#fail('SESS_DISCOVERY_UNREACHABLE', `closed the connection without an answer.${this.#lostAdvice()}`);
    }
  }

  /** A server that speaks TLS while this client does not, or the reverse, often just hangs up. */
  #lostAdvice(): string {
    if (this.#options.tls === undefined) return ' If it expects TLS, use elasticaches:// or set the option "tls".';
    return this.#ready
      ? ' If it asks for a client certificate, give tls.cert and tls.key.'
      : ' If it does not speak TLS, use elasticache:// or leave out the option "tls".';
  }

  #fail(code: DiscoveryErrorCode, what: string, cause?: unknown): void {
    const { id, host } = this.#server;
    const { address } = this.#options;
    const who = address === host ? id : `${id} (${address})`;
    const error = new DiscoveryError(code, `${who} ${what}`, { endpoint: id, cause });
    this.end((_, reject) => reject(error));
  }
}

/** Codes of Node.js for a lost connection. */
const LOST: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

const NO_TLS =
  'If the server does not speak TLS, use elasticache:// or leave out the option "tls"; at its limit of connections (memcached -c) it refuses without TLS';
