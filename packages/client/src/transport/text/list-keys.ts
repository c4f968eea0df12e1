/**
 * Lists a node's keys with `lru_crawler metadump`, on a connection of its own because the node answers nothing else
 * there meanwhile.
 *
 * `hash` walks the hash table; `all`, for nodes that don't know `hash`, walks the LRU lists and can miss an item that
 * moves between them (memcached: doc/protocol.txt). The node omits expired items by its own clock.
 *
 * The listing is read as fast as it comes and kept packed until the caller takes it: while memcached waits for the
 * reader, it keeps a part of the hash table locked and blocks requests for keys there. The socket pauses after every
 * read until the next turn of the event loop, because a socket that is always readable is read 32 times a turn: all
 * other requests would wait for some 40,000 keys. The socket pauses for longer only beyond {@link MAX_HELD_BYTES}.
 */
import type { Socket } from 'node:net';

import { onAbort, WorkingClock } from '@sess/working-time';

import { SessClientError } from '../../errors.ts';
import type { TransportNode, TransportOptions } from '../transport.ts';
import { quoted } from './error-reply.ts';
import { Handshake } from './handshake.ts';
import { KeyQueue } from './key-queue.ts';
import { KeyScanner } from './key-scanner.ts';
import { ReplyFault } from './reply-fault.ts';
import { aborted, connectionError } from './request-errors.ts';
import { openSocket, sameMachine, type ConnectionMemory } from './socket.ts';

/** Most bytes of keys that wait for the caller: about six million session keys. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** Delay before asking a node again that is busy with another listing. */
const BUSY_PAUSE_MS = 20;

export interface ListingSettings {
  readonly node: TransportNode;
  readonly options: TransportOptions;
  readonly memory: ConnectionMemory;
}

export class KeyListing {
  readonly #settings: ListingSettings;
  readonly #handshake: Handshake;
  readonly #socket: Socket;
  #walk: 'hash' | 'all' = 'hash';
  #greeted = false;
  /** Whether the node has answered the command. */
  #answered = false;
  /** Whether the node has announced the listing, as later versions do before the first key. */
  #announced = false;
  readonly #scanner: KeyScanner;
  /** Read, and not taken yet. */
  readonly #keys = new KeyQueue();
  #complete = false;
  #failure: SessClientError | undefined;
  #wake: (() => void) | undefined;
  /** Time limit for the node's next bytes. */
  readonly #timer = new WorkingClock();
  #busyTimer: NodeJS.Timeout | undefined;
  /** Resumes the socket in the next turn of the event loop. */
  #nextTurn: NodeJS.Immediate | undefined;
  /** When to give up on a busy node, by `performance.now()`. */
  #retryUntil = 0;

  /** @param prefix of the wanted keys */
  constructor(settings: ListingSettings, prefix: string) {
    const { node, options, memory } = settings;
    this.#scanner = new KeyScanner(prefix, (line) => this.#line(line));
    this.#settings = settings;
    // The command is the same in both dialects, and proxies hang up on `mn`.
    this.#handshake = new Handshake(node.id, 'classic', options.credentials);
    this.#socket = openSocket(sameMachine(node, memory), options, memory, (bytes, length) =>
      this.#read(bytes.subarray(0, length)),
    );
    this.#socket.on(options.tls === false ? 'connect' : 'secureConnect', () =>
      this.#socket.write(this.#handshake.greeting()),
    );
    this.#socket.on('error', (error) => this.#ended(error));
    for (const event of ['end', 'close'])
      this.#socket.on(event, () =>
        this.#ended(new Error('the node closed it before the list of its keys was complete')),
      );
  }

  /** Yields the keys; can be iterated once. Closes the connection at the end, in every case. */
  async *keys(signal: AbortSignal | undefined): AsyncGenerator<string, void, undefined> {
    const release = signal && onAbort(signal, () => this.fail(aborted(this.#settings.node.id, signal.reason, true)));
    try {
      for (;;) {
        for (const key of this.#keys.take()) {
          if (this.#failure !== undefined) break;
          yield key;
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#complete && this.#keys.isEmpty) return;
        if (this.#keys.isEmpty) await this.#more();
      }
    } finally {
      release?.();
      await this.#close();
    }
  }

  /** Ends the listing with `error`. */
  fail(error: SessClientError): void {
    if (this.#complete || this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroy();
    this.#wakeUp();
  }

  /** Proxies hang up on unknown commands. */
  #ended(error: Error): void {
    if (this.#greeted && !this.#answered) this.fail(this.#unlisted('it hung up on the question'));
    else this.#failed(error);
  }

  #failed(error: unknown): void {
    this.fail(connectionError(this.#settings.node.id, error));
  }

  /** Resumes the socket; resolves when keys or the end came. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#arm();
      if (this.#greeted && this.#nextTurn === undefined) this.#socket.resume();
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    this.#timer.stop();
    wake?.();
  }

  /** Returns whether the socket may keep reading. */
  #read(bytes: Buffer): boolean {
    if (this.#failure !== undefined || this.#complete) return false;
    if (this.#timer.running) this.#arm();
    try {
      if (this.#greeted) this.#take(bytes);
      else this.#greet(bytes);
    } catch (error) {
      this.#complete = false;
      this.#failed(error);
    }
    if (!this.#keys.isEmpty || this.#complete) this.#wakeUp();
    if (!this.#greeted) return this.#wake !== undefined;
    if (this.#keys.bytes < MAX_HELD_BYTES) this.#nextTurn ??= setImmediate(() => this.#resume());
    return false;
  }

  #resume(): void {
    this.#nextTurn = undefined;
    this.#socket.resume();
  }

  #greet(bytes: Buffer): void {
    if (this.#handshake.read(bytes) === undefined) return;
    this.#greeted = true;
    this.#retryUntil = performance.now() + this.#settings.options.timeoutMs;
    this.#ask();
    this.#arm();
  }

  #ask(): void {
    this.#socket.write(`lru_crawler metadump ${this.#walk}\r\n`);
  }

  #take(bytes: Buffer): void {
    this.#answered = true;
    this.#keys.add(this.#scanner.scan(bytes));
  }

  /** Processes a line without a key. Returns whether the listing continues. */
  #line(line: string): boolean {
    const isFirst = !this.#announced && !this.#scanner.found;
    if (line === 'END') {
      this.#complete = true;
    } else if (line === 'OK' && isFirst) {
      this.#announced = true;
    } else if (line.startsWith('BADCLASS') && this.#walk === 'hash') {
      this.#walk = 'all';
      this.#ask();
    } else if (line.startsWith('BUSY') && performance.now() < this.#retryUntil) {
      // An abandoned listing runs until the node notices.
      this.#busyTimer = setTimeout(() => this.#ask(), BUSY_PAUSE_MS);
    } else {
      throw this.#refused(line);
    }
    return !this.#complete;
  }

  #refused(line: string): Error {
    const node = this.#settings.node.id;
    const said = quoted(line, '');
    const refusal = (text: string): SessClientError => new SessClientError('SESS_SERVER', text, { node });
    if (line.startsWith('BUSY')) {
      return refusal(`The node ${node} is listing its keys for another client (${said}); try again later.`);
    }
    if (line.startsWith('CLIENT_ERROR lru crawler disabled')) {
      return refusal(
        `The node ${node} has its crawler disabled (${said}); send it "lru_crawler enable", or start it without -o no_lru_crawler.`,
      );
    }
    if (/^(?:ERROR|CLIENT_ERROR|SERVER_ERROR|BADCLASS)(?: |$)/.test(line)) {
      return this.#unlisted(said);
    }
    return new ReplyFault('a line of the listing is malformed');
  }

  #unlisted(reason: string): SessClientError {
    const node = this.#settings.node.id;
    const text = `The node ${node} does not list its keys (${reason}): that takes memcached 1.4.31 or later, not a proxy before it, and a service that allows "lru_crawler metadump", which ElastiCache does up to 1.6.12.`;
    return new SessClientError('SESS_SERVER', text, { node });
  }

  #arm(): void {
    const { timeoutMs, connectTimeoutMs } = this.#settings.options;
    this.#timer.start(this.#greeted ? timeoutMs : connectTimeoutMs, () => {
      if (this.#wake !== undefined) this.fail(this.#silent());
    });
  }

  #silent(): SessClientError {
    const { node, options } = this.#settings;
    return this.#greeted
      ? new SessClientError(
          'SESS_TIMEOUT',
          `The node ${node.id} went silent for ${options.timeoutMs} ms (timeoutMs) while it listed its keys.`,
          {
            node: node.id,
          },
        )
      : new SessClientError(
          'SESS_CONNECTION',
          `No connection to ${node.id} within ${options.connectTimeoutMs} ms (connectTimeoutMs), its greeting included.`,
          { node: node.id },
        );
  }

  async #close(): Promise<void> {
    this.#timer.stop();
    clearTimeout(this.#busyTimer);
    clearImmediate(this.#nextTurn);
    this.#failure ??= new SessClientError('SESS_CLOSED', 'The listing is over.', { node: this.#settings.node.id });
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }
}
