import type { Socket } from 'node:net';
import type { SessClientError, TransportNode, TransportOptions } from '@sess/client';
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

/** A reply may be longer than what this client writes: other clients write too, and a key and flags come with it. */
const LEAST_BODY_LIMIT = 1_048_576;
const BODY_MARGIN = 1_024;
/** Of the transport's own requests, for the settings and `noop`; no other has it. */
const OWN_OPAQUE = 0;
/** Part of `timeoutMs` that a doubted connection has to answer in: the rest is for another one. */
const DOUBT_SHARE = 0.25;

export interface ConnectionListener {
  /** The node has answered in the binary protocol and let this client in. */
  stands(): void;
  /** The node has answered again, after {@link Connection.doubt}. */
  trusted(): void;
  /** Called once. Everything that was sent has failed with `error`, but for the reads in `again`. */
  ended(error: SessClientError, end: ConnectionEnd): void;
}

export interface ConnectionEnd {
  /** Whether it ever came to {@link ConnectionListener.stands}. */
  readonly stood: boolean;
  /** Whether the process slept, and it did not answer since. */
  readonly doubted: boolean;
  /** Reads that it was doubted with: to send them again does no harm. */
  readonly again: readonly WireRequest[];
}

/**
 * One connection to a node: connecting → greeting → standing → ended, never back. While it is doubted, nothing is sent
 * but a `noop`.
 *
 * The greeting is the SASL exchange, where there are credentials, a question for the node's settings, and a `noop`.
 * Only when that was answered is a value sent: a server that speaks text only would take the lines in it for commands.
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
   * By opaque, oldest first. What timed out or was aborted stays until its reply has come, so that the reply is known
   * for what it is.
   */
  readonly #sent: Map<number, { readonly request: WireRequest; readonly at: number }> = new Map();
  /** For what the node has to answer before requests are sent: the greeting, or a `noop`. */
  readonly #patience = new WorkingClock({ keepAlive: false });
  readonly #now: () => number;
  #state: 'connecting' | 'greeting' | 'standing' | 'ended' = 'connecting';
  #doubted = false;
  #gathering = false;

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
    const { socket, arrival } = dial(node, options.tls);
    this.#socket = socket;
    this.#server = new SocketServer(socket, options.credentials);
    const bodyLimit = Math.max(options.maxValueBytes, LEAST_BODY_LIMIT) + BODY_MARGIN;
    this.#replies = new ReplyStream(bodyLimit, (message, header) => this.#take(message, header));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    this.#patience.start(options.connectTimeoutMs, () => this.end(errors.connectTimeout(options.connectTimeoutMs)));
    socket.once(arrival, () => this.#greet());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#lost(error));
    socket.once('end', () => this.#lost(undefined));
    socket.once('close', () => this.#lost(undefined));
  }

  get stands(): boolean {
    return this.#state === 'standing';
  }

  /** Whether requests can be sent. */
  get open(): boolean {
    return this.stands && !this.#doubted;
  }

  /** Requests sent and not answered, settled or not. */
  get unanswered(): number {
    return this.#sent.size;
  }

  /** Bytes that the socket has not taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Since when the oldest request has waited for its reply. */
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
      if (!this.#readAgain(request)) request.failed(error as SessClientError); // What `end` gave to memjs.
    });
    this.#gather();
    this.#server.write(request.frame);
  }

  /** Closes at once; everything sent and not settled fails with `error`. Twice does no harm. */
  end(error: SessClientError): void {
    if (this.#state === 'ended') return;
    const stood = this.#state === 'standing';
    this.#state = 'ended';
    this.#patience.stop();
    this.#socket.destroy();
    const again = [...this.#sent.values()].map(({ request }) => request).filter((request) => this.#readAgain(request));
    this.#sent.clear();
    this.#server.error(error);
    this.#listener.ended(error, { stood, doubted: this.#doubted, again });
  }

  /** Sends nothing more until the node has answered; ends when it does not. */
  doubt(): void {
    if (this.#state === 'ended' || this.#doubted) return;
    this.#doubted = true;
    const waitMs = DOUBT_SHARE * this.#options.timeoutMs;
    this.#patience.start(waitMs, () => this.end(this.#errors.forgotten(waitMs)));
    if (!this.stands) return;
    this.#sendNoop(() => {
      this.#doubted = false;
      this.#patience.stop();
      this.#listener.trusted();
    });
  }

  #readAgain(request: WireRequest): boolean {
    return this.#doubted && request.opcode === Opcode.get;
  }

  #lost(cause: Error | undefined): void {
    const stood = this.#state === 'standing';
    this.end(
      stood
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

  /** The `noop` is answered behind the settings, and by nodes that don't tell them as well. */
  #askSettings(): void {
    this.#socket.write(this.#itemLimit.question(OWN_OPAQUE));
    this.#sendNoop(() => this.#stand());
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
      failed: () => undefined, // The listener hears of it.
      outdated: () => undefined,
    });
  }

  #stand(): void {
    this.#state = 'standing';
    this.#itemLimit.close();
    this.#doubted = false;
    this.#patience.stop();
    this.#listener.stands();
  }

  #receive(chunk: Buffer): void {
    const fault = this.#replies.push(chunk);
    if (fault === undefined) return;
    this.end(this.#replies.saysFull ? this.#errors.full() : this.#errors.protocol(fault));
  }

  /** Lets memjs have a message that is in order. Returns whether the connection goes on. */
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

  /** One write for everything that is sent in this turn of the event loop. */
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
