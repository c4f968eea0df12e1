import type { SessClientError, TransportEvents, TransportNode, TransportOptions } from '@sess/client';
import { SleepWatch } from '@sess/working-time';
import { Connection, type ConnectionEnd } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import type { NodeErrors } from './errors.ts';
import type { Operation } from './operation.ts';
import { frameBytes, PendingRequest, type WireRequest } from './pending-request.ts';
import type { OpaqueSequence } from './opaque-sequence.ts';
import type { ReconnectLimits } from './options.ts';
import { reconnectPause } from './reconnect-pause.ts';

/** If a request is unanswered for this many timeouts, the connection is dead, not slow. */
const STALLED_TIMEOUTS = 3;

export interface ConnectionSettings {
  readonly reconnect: ReconnectLimits;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly opaques: OpaqueSequence;
}

/** The number of this process's last connection. */
let lastEpoch = 0;

export interface SubmitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Connects at once even during the pause after a failed attempt to connect, in which other requests fail. */
  readonly ignoreBackOff?: boolean;
}

/**
 * Sends requests to one node over successive connections: queues them, times them out, and reconnects.
 *
 * After a loss it reconnects with the next request or after a short pause, and requests wait for the new connection.
 * After a failed attempt, or a connection that did not last and neither did the one before it, requests fail at once
 * until a growing pause is over. After this process slept, its connection is probed. If it does not answer soon, another
 * one is opened beside it, and the first to answer is kept: a slow network is not a dead connection.
 */
export class ReconnectingConnection {
  readonly #node: TransportNode;
  readonly #options: TransportOptions;
  readonly #errors: NodeErrors;
  readonly #events: TransportEvents;
  readonly #settings: ConnectionSettings;
  readonly #deadlines: Deadlines<WireRequest>;
  /** After a sleep the connection may be dead. */
  readonly #sleepWatch = new SleepWatch(() => this.#connection?.requireProbe());
  /** Requests not sent yet, in order. Empty unless the connection is being opened or is unverified. */
  readonly #waiting: Set<WireRequest> = new Set();
  #waitingBytes = 0;
  #connection: Connection | undefined;
  /** Opened beside an unverified connection that is silent. */
  #successor: Connection | undefined;
  #reconnectTimer: NodeJS.Timeout | undefined;
  /** Whether a connection was ready. */
  #hasGreeted = false;
  /** Connections in a row that were not made, or did not last. */
  #failures = 0;
  /** Whether the pause follows connections that were made and did not last. */
  #tooShort = false;
  #lastFailure: SessClientError | undefined;
  #state: 'open' | 'draining' | 'released' = 'open';
  #onDrained: (() => void)[] = [];
  /** The sockets of all connections. */
  #socketsClosed: Promise<void> = Promise.resolve();

  constructor(
    node: TransportNode,
    options: TransportOptions,
    errors: NodeErrors,
    events: TransportEvents,
    settings: ConnectionSettings,
  ) {
    this.#node = node;
    this.#options = options;
    this.#errors = errors;
    this.#events = events;
    this.#settings = settings;
    this.#deadlines = new Deadlines(options.timeoutMs, (request) => this.#expire(request));
    this.#sleepWatch.start();
    this.#connect();
  }

  /** Number of the ready connection, if there is one. */
  get epoch(): number | undefined {
    return this.#connection?.isReady === true ? this.#connection.epoch : undefined;
  }

  /** Throws if this is closed or the signal has fired, before anything is done for a request. */
  checkOpen(signal: AbortSignal | undefined): void {
    if (this.#state !== 'open') throw this.#errors.closed();
    if (signal?.aborted === true) throw this.#errors.aborted(signal.reason, false);
  }

  submit<T>(operation: Operation<T>, { signal, ignoreBackOff = false }: SubmitOptions): Promise<T> {
    this.checkOpen(signal);
    this.#checkRoom(frameBytes(operation));
    this.#sleepWatch.look();
    if (this.#connection === undefined) {
      if (this.#lastFailure !== undefined && (this.#tooShort || !ignoreBackOff))
        throw this.#errors.notNow(this.#lastFailure);
      this.#connect();
    }
    const request = new PendingRequest(operation, this.#settings.opaques.next(), {
      signal,
      errors: this.#errors,
      isUnsent: (unsent) => this.#waiting.has(unsent),
      onSettled: (settled) => this.#settled(settled),
    });
    this.#deadlines.add(request);
    if (this.#connection?.open === true) this.#connection.send(request);
    else this.#wait(request);
    return request.promise;
  }

  async close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'draining';
    if (this.#deadlines.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained.push(resolve);
      });
    }
    this.#release();
    await this.#socketsClosed;
  }

  destroy(): void {
    this.#release();
  }

  #release(): void {
    if (this.#state === 'released') return;
    this.#state = 'released';
    clearTimeout(this.#reconnectTimer);
    this.#sleepWatch.stop();
    const error = this.#errors.closed();
    for (const request of this.#deadlines.values()) request.failed(error);
    // Before the connection: otherwise the successor would replace it.
    this.#dropSuccessor();
    this.#connection?.end(error);
  }

  /** Throws if a request is above the limits, before anything of it is kept. */
  #checkRoom(bytes: number): void {
    const { maxInFlight, maxQueuedBytes } = this.#options;
    const unanswered = this.#waiting.size + (this.#connection?.unanswered ?? 0);
    if (unanswered >= maxInFlight) throw this.#errors.tooManyRequests(maxInFlight);
    const queued = this.#waitingBytes + (this.#connection?.queuedBytes ?? 0);
    // A request larger than the limit passes if nothing else is queued; otherwise it could never be sent.
    if (queued > 0 && queued + bytes > maxQueuedBytes) throw this.#errors.tooManyBytes(maxQueuedBytes);
  }

  #wait(request: WireRequest): void {
    this.#waiting.add(request);
    this.#waitingBytes += request.frame.length;
  }

  #settled(request: WireRequest): void {
    if (this.#waiting.delete(request)) this.#waitingBytes -= request.frame.length;
    this.#deadlines.delete(request);
    if (this.#deadlines.size > 0) return;
    for (const drained of this.#onDrained.splice(0)) drained();
  }

  #expire(request: WireRequest): void {
    const { timeoutMs } = this.#options;
    request.failed(
      this.#connection?.silence(timeoutMs, 'timeoutMs') ??
        (this.#waiting.has(request)
          ? this.#errors.notSent(timeoutMs, this.#connection?.tried() ?? '')
          : this.#errors.timeout(timeoutMs)),
    );
    const since = this.#connection?.waitingSince;
    const stalledMs = STALLED_TIMEOUTS * this.#options.timeoutMs;
    if (since !== undefined && this.epoch !== undefined && this.#deadlines.now() - since >= stalledMs) {
      this.#connection?.end(this.#errors.stalled(stalledMs));
    }
  }

  #connect(): void {
    clearTimeout(this.#reconnectTimer);
    this.#connection ??= this.#open();
  }

  #open(): Connection {
    lastEpoch += 1;
    const connection = new Connection(this.#node, this.#options, this.#errors, lastEpoch, () => this.#deadlines.now(), {
      hasGreeted: () => this.#hasGreeted,
      ready: () => this.#ready(connection),
      doubted: () => {
        this.#successor = this.#open();
      },
      trusted: () => {
        this.#dropSuccessor();
        this.#restartTime();
        this.#sendWaiting(connection);
      },
      ended: (error, end) => this.#ended(error, end, connection),
    });
    this.#socketsClosed = Promise.all([this.#socketsClosed, connection.closed]).then(() => undefined);
    return connection;
  }

  #dropSuccessor(): void {
    const successor = this.#successor;
    this.#successor = undefined;
    successor?.end(this.#errors.forgotten());
  }

  #ready(connection: Connection): void {
    if (connection === this.#successor) {
      this.#connection?.end(this.#errors.forgotten());
      this.#restartTime();
    } else {
      this.#dropSuccessor();
    }
    this.#hasGreeted = true;
    this.#lastFailure = undefined;
    this.#sendWaiting(connection);
    this.#events.connected(connection.epoch);
  }

  /** The waiting requests could not be sent before the node had answered a probe. */
  #restartTime(): void {
    for (const request of this.#waiting) this.#deadlines.restart(request);
  }

  #sendWaiting(connection: Connection): void {
    this.#waitingBytes = 0;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const request of waiting) {
      if (request.epoch === undefined || request.epoch === connection.epoch) connection.send(request);
      else request.outdated();
    }
  }

  #ended(error: SessClientError, end: ConnectionEnd, connection: Connection): void {
    const { wasReady, lasted, wasUnverified, again } = end;
    if (connection === this.#successor) {
      // Neither of the two answers.
      this.#successor = undefined;
      this.#connection?.end(error);
    }
    if (connection !== this.#connection) return;
    this.#connection = this.#successor;
    this.#successor = undefined;
    if (wasUnverified && this.#state === 'open') {
      const waiting = [...again, ...this.#waiting];
      this.#waiting.clear();
      this.#waitingBytes = 0;
      for (const request of waiting) this.#wait(request);
      if (wasReady) this.#events.forgotten?.(error);
      this.#connect();
      return;
    }
    const atOnce = lasted || (wasReady && this.#failures === 0);
    this.#failures = lasted ? 0 : this.#failures + 1;
    this.#tooShort = wasReady && !atOnce;
    this.#lastFailure = atOnce ? undefined : this.#tooShort ? this.#errors.tooShort(error) : error;
    for (const request of [...again, ...this.#waiting]) request.failed(error);
    if (this.#state !== 'open') return;
    this.#reconnectTimer = setTimeout(
      () => this.#connect(),
      reconnectPause(atOnce ? 0 : this.#failures, this.#settings.reconnect, this.#settings.random),
    ).unref();
    this.#events.disconnected(error);
  }
}
