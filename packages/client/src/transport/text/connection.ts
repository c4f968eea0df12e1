import type { Socket } from 'node:net';
import { addressesTried } from '@sess/discovery';
import { WorkingClock } from '@sess/working-time';
import type { SessClientError } from '../../errors.ts';
import type { TransportNode, TransportOptions } from '../transport.ts';
import { whyClassic, type ClassicInstead } from './classic-instead.ts';
import { CommandBatch } from './command-batch.ts';
import type { Dialect } from './dialect.ts';
import { ClassicDialect } from './dialect-classic.ts';
import { MetaDialect } from './dialect-meta.ts';
import { Handshake, type DialectName } from './handshake.ts';
import { ReplyReader } from './reply-reader.ts';
import { promiseOf, Request, type Storage } from './request.ts';
import {
  connectionError,
  halfGreeting,
  notConnectedInTime,
  notGreeted,
  resized,
  silentGreeting,
  silentTls,
} from './request-errors.ts';
import type { RequestQueue } from './request-queue.ts';
import { openSocket, type ConnectionMemory } from './socket.ts';

/** Replies may be as large as `maxValueBytes`, but at least memcached's default item size (its maximum is 1 GiB). */
const LEAST_REPLY_BYTES = 1_048_576;

/** A connection that ends sooner did not last: the next ones are made more and more slowly. */
const LASTING_MS = 1_000;

/** Share of `timeoutMs` after which another connection is opened beside an unverified one that has not answered. */
const PROBE_SHARE = 0.25;

/** Number of the last connection of this process. */
let lastEpoch = 0;

export interface ConnectionEvents {
  /** The node greeted; requests can be sent. */
  ready(): void;
  /** Replies were read. */
  answered(): void;
  /**
   * The probe that {@link Connection.requireProbe} sent was not answered for a share of `timeoutMs`; it still may be.
   */
  doubted(): void;
  /** The probe was answered. */
  trusted(): void;
  /** The connection failed. Emitted once, and never after {@link Connection.close}. */
  ended(error: SessClientError): void;
}

export interface ConnectionSettings {
  readonly node: TransportNode;
  readonly options: TransportOptions;
  readonly dialect: 'auto' | DialectName;
  readonly memory: ConnectionMemory;
}

/** State from the greeting on: a connection that fails earlier allocates no buffers. */
interface Conversation {
  readonly dialect: Dialect;
  readonly reader: ReplyReader;
  readonly batch: CommandBatch;
}

/**
 * One connection, from connecting to its end: greets, writes the queue's unsent requests, and settles the sent ones
 * with the replies.
 */
export class Connection {
  readonly epoch: number;
  readonly #settings: ConnectionSettings;
  readonly #queue: RequestQueue;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  /** What was tried, and what to check, after a space; empty once TCP has connected. */
  readonly tried: () => string;
  readonly #handshake: Handshake;
  /** Time limit of the greeting or probe that must be answered before requests are sent. */
  readonly #timer = new WorkingClock({ keepAlive: false });
  /** Set when the node has greeted. */
  #conversation: Conversation | undefined;
  #readyAt = Infinity;
  /** Whether a write is pending, which uses the batch's buffer. */
  #writing = false;
  #over = false;
  /** Whether TCP connected. */
  #reached = false;
  #secured = false;
  #classicInstead: ClassicInstead | undefined;
  /**
   * After this process slept, the network or the node may have dropped the connection: the node must answer a probe
   * before requests are sent.
   */
  #verification: 'none' | 'due' | 'sent' = 'none';

  constructor(settings: ConnectionSettings, queue: RequestQueue, events: ConnectionEvents) {
    lastEpoch += 1;
    this.epoch = lastEpoch;
    this.#settings = settings;
    this.#queue = queue;
    this.#events = events;
    const { node, options } = settings;
    this.#handshake = new Handshake(node.id, settings.dialect, options.credentials);
    this.#socket = openSocket(node, options, settings.memory, (bytes, length) => this.#read(bytes, length));
    this.tried = addressesTried(this.#socket, node);
    this.#socket.on(options.tls === false ? 'connect' : 'secureConnect', () =>
      this.#socket.write(this.#handshake.greeting()),
    );
    this.#socket.once('connect', () => (this.#reached = true));
    this.#socket.once('secureConnect', () => (this.#secured = true));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('end', () => this.#end(new Error('the node closed it')));
    this.#socket.on('close', () => this.#end(new Error('it was closed')));
    this.#timer.start(options.connectTimeoutMs, () => this.#connectTimedOut());
  }

  /** Whether the node has greeted and requests can be sent. */
  get ready(): boolean {
    return this.#conversation !== undefined;
  }

  /** Whether it has been ready for {@link LASTING_MS}. */
  get lasted(): boolean {
    return performance.now() - this.#readyAt >= LASTING_MS;
  }

  /** Address of the connected machine; `undefined` without a connection. */
  get address(): string | undefined {
    return this.#over ? undefined : this.#socket.remoteAddress;
  }

  /**
   * The error of a node that accepted the connection and has not finished the TLS handshake, or the greeting, for `ms`;
   * `undefined` for any other.
   */
  silence(ms: number, option: 'connectTimeoutMs' | 'timeoutMs'): SessClientError | undefined {
    const { node, options, memory } = this.#settings;
    if (!this.#reached || this.ready) return undefined;
    if (!this.#handshake.isUnanswered) return halfGreeting(node.id, ms, option);
    const isTls = options.tls !== false;
    if (isTls && !this.#secured) return silentTls(node.id, ms, option, memory.hasGreeted);
    const first = memory.hasGreeted ? undefined : { isTls, asksMeta: this.#handshake.asksMeta };
    return silentGreeting(node.id, ms, option, first);
  }

  /** Set at the end of a connection that asked for meta, if classic may work. */
  get classicInstead(): ClassicInstead | undefined {
    return this.#classicInstead;
  }

  /** Whether the node has answered a meta command. */
  get hasSpokenMeta(): boolean {
    const dialect = this.#conversation?.dialect;
    return dialect instanceof MetaDialect && dialect.isKnown;
  }

  /** Whether the network or the node may have dropped it, and it has not answered since. */
  get isUnverified(): boolean {
    return this.#verification !== 'none';
  }

  /** Bytes that the socket buffers. */
  get writingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Writes the unsent requests. While a write is pending, its callback continues. */
  pump(): void {
    if (this.#conversation === undefined || this.#over || this.isUnverified) return;
    const { dialect, batch } = this.#conversation;
    while (!this.#writing && this.#queue.unsent !== undefined) {
      this.#gather(dialect, batch);
      if (batch.bytes === 0) return;
      this.#send(batch);
    }
  }

  /** Sends only a probe until the node answers it. The owner decides how long to wait. */
  requireProbe(): void {
    if (this.#over || this.isUnverified) return;
    this.#verification = 'due';
    if (!this.#writing) this.#probe();
    this.#timer.start(PROBE_SHARE * this.#settings.options.timeoutMs, () => this.#events.doubted());
  }

  /** Closes at once, without an event; calls `closed` when the socket is closed. */
  close(closed?: () => void): void {
    this.#over = true;
    this.#timer.stop();
    if (closed !== undefined) {
      if (this.#socket.closed) closed();
      else this.#socket.once('close', closed);
    }
    this.#socket.destroy();
  }

  /** Ends the connection with the owner's error. */
  drop(error: SessClientError): void {
    this.#end(error);
  }

  /** Before the greeting there is nothing to send: the greeting is the probe. */
  #probe(): void {
    if (this.#conversation === undefined) return;
    const { dialect, batch } = this.#conversation;
    this.#verification = 'sent';
    const queue = this.#queue;
    const probe = new Request('probe', '', 0);
    probe.deadline = queue.unsent?.deadline ?? 0;
    promiseOf(probe).then(
      () => this.#trust(),
      () => undefined,
    );
    queue.sendFirst(probe);
    queue.markSent(probe);
    dialect.write(probe, batch);
    this.#send(batch);
  }

  #trust(): void {
    this.#verification = 'none';
    this.#timer.stop();
    this.#events.trusted();
    this.pump();
  }

  #send(batch: CommandBatch): void {
    this.#writing = true;
    batch.send(this.#socket, this.#written);
    this.#writing = this.#socket.writableLength > 0;
  }

  #gather(dialect: Dialect, batch: CommandBatch): void {
    const queue = this.#queue;
    for (let request = queue.unsent; request !== undefined && !batch.full; request = queue.unsent) {
      const { storage } = request;
      if (storage !== undefined && this.#answeredUnsent(request, storage)) {
        queue.remove(request);
      } else {
        queue.markSent(request);
        dialect.write(request, batch);
        request.storage = undefined;
      }
    }
  }

  /** Settles a store that must not be sent any more; returns whether it did. */
  #answeredUnsent(request: Request, { value, length, cas }: Storage): boolean {
    if (cas !== undefined && cas.epoch !== this.epoch) {
      // Read on an earlier connection: the number may since belong to another item.
      request.answer('exists');
      return true;
    }
    if (value.length !== length) {
      // The caller transferred or resized the buffer. A wrong length would make the node read commands as the value.
      request.fail(resized(this.#settings.node.id));
      return true;
    }
    return false;
  }

  readonly #written = (): void => {
    // Called for every batch: the call for an earlier one must not end the wait for a later one.
    if (!this.#writing || this.#socket.writableLength > 0) return;
    this.#writing = false;
    if (this.#verification === 'due') this.#probe();
    else this.pump();
  };

  #read(bytes: Buffer, length: number): boolean {
    if (this.#over) return false;
    try {
      if (this.#conversation !== undefined) {
        this.#conversation.reader.read(bytes, length);
        this.#events.answered();
      } else {
        const dialect = this.#handshake.read(bytes.subarray(0, length));
        if (dialect !== undefined) this.#greeted(dialect);
      }
    } catch (error) {
      this.#end(error);
    }
    return !this.#over;
  }

  #greeted(name: DialectName): void {
    this.#timer.stop();
    this.#verification = 'none';
    this.#readyAt = performance.now();
    const { node, options, memory } = this.#settings;
    memory.hasGreeted = true;
    const { hasGetAndTouch } = this.#handshake;
    const dialect =
      name === 'meta' ? new MetaDialect(node.id, this.epoch) : new ClassicDialect(node.id, this.epoch, hasGetAndTouch);
    const reader = new ReplyReader(this.#queue, dialect, Math.max(options.maxValueBytes, LEAST_REPLY_BYTES));
    this.#conversation = { dialect, reader, batch: new CommandBatch() };
    this.#events.ready();
  }

  #connectTimedOut(): void {
    const { node, options } = this.#settings;
    const { connectTimeoutMs: ms } = options;
    this.#end(this.silence(ms, 'connectTimeoutMs') ?? notConnectedInTime(node.id, ms, this.tried()));
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.close();
    const { node, options } = this.#settings;
    const tls = options.tls === false ? 'none' : this.#secured ? 'agreed' : 'failed';
    if (this.#settings.dialect === 'auto' && this.#reached && tls !== 'failed') {
      const { dialect } = this.#conversation ?? {};
      this.#classicInstead = whyClassic(error, this.#handshake, dialect, this.#queue.awaiting);
    }
    this.#events.ended(
      this.#reached && !this.ready
        ? notGreeted(node.id, error, tls, options.credentials !== undefined)
        : connectionError(node.id, error),
    );
  }
}
