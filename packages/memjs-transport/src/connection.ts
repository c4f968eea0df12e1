import type { Socket } from 'node:net';
import { addressesTried, type SessClientError, type TransportNode, type TransportOptions } from '@sess/client';
import { WorkingClock } from '@sess/working-time';
import { Utils } from 'memjs';
import type { NodeErrors } from './errors.ts';
import { accessFault, isSasl, saslFault } from './handshake.ts';
import { ItemLimit } from './item-limit.ts';
import { Opcode, Status } from './operation.ts';
import type { WireRequest } from './pending-request.ts';
import { ReplyStream, type ReplyHeader } from './reply-stream.ts';
import { SocketServer } from './socket-server.ts';
import { dial } from './socket.ts';

/** A reply may be longer than this client's values: other clients write too, and it includes key and flags. */
const LEAST_BODY_LIMIT = 1_048_576;
const BODY_MARGIN = 1_024;
/** The opaque of the transport's own requests: the settings and `noop`. */
const OWN_OPAQUE = 0;
/** A connection that ends sooner did not last: the next ones are made more and more slowly. */
const LASTING_MS = 1_000;
/** Share of `timeoutMs` after which another connection is opened beside an unverified one that has not answered. */
const PROBE_SHARE = 0.25;

export interface ConnectionListener {
  /** Whether another connection was ready before: then the options fit the node. */
  hasGreeted(): boolean;
  /** The node answered in the binary protocol and accepted the credentials, if any. */
  ready(): void;
  /**
   * The probe of {@link Connection.requireProbe} was not answered within a share of `timeoutMs`. The answer may follow.
   */
  doubted(): void;
  /** The probe was answered. */
  trusted(): void;
  /** Called once. All sent requests have failed with `error`, except the reads in `again`. */
  ended(error: SessClientError, end: ConnectionEnd): void;
}

export interface ConnectionEnd {
  /** Whether {@link ConnectionListener.ready} was called. */
  readonly wasReady: boolean;
  /** Whether it was ready for {@link LASTING_MS}. */
  readonly lasted: boolean;
  /** Whether the process slept and the node has not answered since. */
  readonly wasUnverified: boolean;
  /** Unanswered reads of an unverified connection: it is safe to send them again. */
  readonly again: readonly WireRequest[];
}

/**
 * One connection to a node: connecting → greeting → ready → ended, never back. While it is unverified, it sends only a
 * `noop`.
 *
 * The greeting is the SASL exchange, if there are credentials, a request for the node's settings, and a `noop`. Values
 * are sent only after its answer: a server that speaks only the text protocol would read lines in a value as commands.
 */
export class Connection {
  readonly epoch: number;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #options: TransportOptions;
  readonly #errors: NodeErrors;
  readonly #listener: ConnectionListener;
  readonly #socket: Socket;
  readonly #server: SocketServer;
  readonly #replies: ReplyStream;
  readonly #itemLimit = new ItemLimit();
  readonly #node: string;
  /**
   * By opaque, oldest first. A request that timed out or was aborted stays until its reply arrives, so that the reply
   * can be matched.
   */
  readonly #sent: Map<number, { readonly request: WireRequest; readonly at: number }> = new Map();
  /** Deadline for connecting and greeting, or for the `noop` of an unverified connection. */
  readonly #timer = new WorkingClock({ keepAlive: false });
  readonly #now: () => number;
  #state: 'connecting' | 'greeting' | 'ready' | 'ended' = 'connecting';
  #readyAt = Infinity;
  #isUnverified = false;
  #gathering = false;
  #hasAnswered = false;
  /** Whether TCP connected. */
  #reached = false;
  /** What was tried, and what to check, after a space; empty once TCP has connected. */
  readonly tried: () => string;

  constructor(
    node: TransportNode,
    options: TransportOptions,
    errors: NodeErrors,
    epoch: number,
    now: () => number,
    listener: ConnectionListener,
  ) {
    this.epoch = epoch;
    this.#node = node.id;
    this.#options = options;
    this.#errors = errors;
    this.#now = now;
    this.#listener = listener;
    const { socket, arrival } = dial(node, options);
    this.#socket = socket;
    this.tried = addressesTried(socket, node);
    this.#server = new SocketServer(socket, options.credentials);
    const bodyLimit = Math.max(options.maxValueBytes, LEAST_BODY_LIMIT) + BODY_MARGIN;
    this.#replies = new ReplyStream(bodyLimit, (message, header) => this.#take(message, header));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    const { connectTimeoutMs } = options;
    this.#timer.start(connectTimeoutMs, () =>
      this.end(
        this.silence(connectTimeoutMs, 'connectTimeoutMs') ?? errors.connectTimeout(connectTimeoutMs, this.tried()),
      ),
    );
    socket.once('connect', () => (this.#reached = true));
    socket.once(arrival, () => this.#greet());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#lost(error));
    socket.once('end', () => this.#lost(undefined));
    socket.once('close', () => this.#lost(undefined));
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** The error of a node that accepted the connection and is silent since, for `ms`; `undefined` for any other. */
  silence(ms: number, option: 'timeoutMs' | 'connectTimeoutMs'): SessClientError | undefined {
    const at = this.#state === 'greeting' ? 'greeting' : 'handshake';
    if (!this.#reached || this.#hasAnswered || this.isReady) return undefined;
    const first = this.#listener.hasGreeted() ? undefined : { isTls: this.#options.tls !== false };
    return this.#errors.silent(at, ms, option, first);
  }

  /** Whether requests can be sent. */
  get open(): boolean {
    return this.isReady && !this.#isUnverified;
  }

  /** Requests sent and not answered, settled or not. */
  get unanswered(): number {
    return this.#sent.size;
  }

  /** Bytes that the socket has not taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** When the oldest unanswered request was sent. */
  get waitingSince(): number | undefined {
    return this.#sent.values().next().value?.at;
  }

  send(request: WireRequest): void {
    const refusal = this.#itemLimit.refusal(this.#node, request.opcode, request.frame);
    if (refusal !== undefined) {
      request.failed(refusal);
      return;
    }
    this.#sent.set(request.opaque, { request, at: this.#now() });
    this.#server.onResponse(request.opaque, (reply) => {
      this.#sent.delete(request.opaque);
      const fault = request.answered(reply, this.epoch);
      if (fault !== undefined) this.end(this.#errors.protocol(fault));
    });
    this.#server.onError(request.opaque, (error) => {
      if (!this.#readAgain(request)) request.failed(error as SessClientError); // The error that `end` passed to memjs.
    });
    this.#gather();
    this.#server.write(request.frame);
  }

  /** Closes at once; all unsettled requests fail with `error`. Idempotent. */
  end(error: SessClientError): void {
    if (this.#state === 'ended') return;
    const wasReady = this.#state === 'ready';
    this.#state = 'ended';
    this.#timer.stop();
    this.#socket.destroy();
    const again = [...this.#sent.values()].map(({ request }) => request).filter((request) => this.#readAgain(request));
    this.#sent.clear();
    this.#server.error(error);
    const lasted = performance.now() - this.#readyAt >= LASTING_MS;
    this.#listener.ended(error, { wasReady, lasted, wasUnverified: this.#isUnverified, again });
  }

  /** Stops sending until the node answers a `noop`. The owner decides how long to wait. */
  requireProbe(): void {
    if (this.#state === 'ended' || this.#isUnverified) return;
    this.#isUnverified = true;
    this.#timer.start(PROBE_SHARE * this.#options.timeoutMs, () => this.#listener.doubted());
    if (!this.isReady) return;
    this.#sendNoop(() => {
      this.#isUnverified = false;
      this.#timer.stop();
      this.#listener.trusted();
    });
  }

  #readAgain(request: WireRequest): boolean {
    return this.#isUnverified && request.opcode === Opcode.get;
  }

  #lost(cause: Error | undefined): void {
    const wasReady = this.#state === 'ready';
    this.end(
      wasReady
        ? this.#errors.lost(cause)
        : this.#errors.notConnected(cause ?? new Error('the node closed the connection'), this.#options.tls !== false),
    );
  }

  #greet(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'greeting';
    if (this.#options.credentials === undefined) {
      this.#askSettings();
    } else {
      this.#server.once('authenticated', () => this.#askSettings());
      this.#server.listSasl();
    }
  }

  /** The answer to the `noop` comes after the settings, also from nodes that don't send settings. */
  #askSettings(): void {
    this.#socket.write(this.#itemLimit.question(OWN_OPAQUE));
    this.#sendNoop(() => this.#becomeReady());
  }

  #sendNoop(answered: () => void): void {
    this.send({
      opaque: OWN_OPAQUE,
      opcode: Opcode.noop,
      frame: Utils.makeRequestBuffer(Opcode.noop, '', '', '', OWN_OPAQUE),
      epoch: this.epoch,
      answered: ({ header: { status } }) => {
        if (status !== Status.ok) return `a noop was answered with status 0x${status.toString(16)}`;
        answered();
        return undefined;
      },
      failed: () => undefined, // `end` reports the failure to the listener.
      outdated: () => undefined,
    });
  }

  #becomeReady(): void {
    this.#state = 'ready';
    this.#readyAt = performance.now();
    this.#itemLimit.close();
    this.#isUnverified = false;
    this.#timer.stop();
    this.#listener.ready();
  }

  #receive(chunk: Buffer): void {
    this.#hasAnswered = true;
    const fault = this.#replies.push(chunk);
    if (fault === undefined) return;
    this.end(this.#replies.saysFull ? this.#errors.full() : this.#errors.protocol(fault));
  }

  /** Passes a valid message to memjs. Returns whether the connection stays open. */
  #take(message: Buffer, header: ReplyHeader): boolean {
    const fault = this.#fault(message, header);
    if (fault !== undefined) this.end(fault);
    else if (header.opcode === Opcode.stat) this.#itemLimit.take(message, header);
    else this.#server.responseHandler(message);
    return this.#state !== 'ended';
  }

  #fault(message: Buffer, header: ReplyHeader): SessClientError | undefined {
    if (isSasl(header.opcode) && this.#state === 'greeting' && this.#options.credentials !== undefined) {
      const fault = saslFault(header, message);
      return fault === undefined ? undefined : this.#errors.auth(fault);
    }
    if (header.opcode !== Opcode.stat || this.#state !== 'greeting' || header.opaque !== OWN_OPAQUE) {
      const request = this.#sent.get(header.opaque)?.request;
      if (request === undefined) return this.#errors.protocol('a reply came that no request asked for');
      if (request.opcode !== header.opcode)
        return this.#errors.protocol('a reply came for another command than was sent');
    }
    return header.status === Status.authFailed ? this.#errors.auth(accessFault(this.#options.credentials)) : undefined;
  }

  /** Joins all requests of this turn of the event loop in one write. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#gathering = false;
      this.#socket.uncork();
    });
  }
}
