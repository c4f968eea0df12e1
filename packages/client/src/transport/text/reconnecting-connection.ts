import type { SessClientError } from '../../errors.ts';
import type { TransportEvents } from '../transport.ts';
import { backOffMs } from './back-off.ts';
import { Connection, type ConnectionSettings } from './connection.ts';
import type { Request } from './request.ts';
import { forgotten, lost, notConnected, resting } from './request-errors.ts';
import type { RequestQueue } from './request-queue.ts';

export interface ConnectionOwner {
  /** Requests were answered or failed. */
  settled(): void;
  /** The unsent requests waited for a probe, which the node has answered. */
  verified(): void;
}

/**
 * Connects to a node when a request needs it, and reconnects after a loss.
 *
 * - After the loss of a connection that served, reconnects at once, even without waiting requests: if the server closes
 *   an idle connection, no request fails. Sent requests fail; unsent ones use the next connection.
 * - If connecting fails, the connection is lost before it served, or it did not last and neither did the one before it,
 *   all waiting requests fail, and the next attempt waits for a growing, jittered back-off.
 * - If the node hangs up on `mn`, or twice on the first meta command, or answers as if it did not know meta, reconnects at
 *   once in the classic dialect: it may be a proxy. Pending reads are sent again.
 * - A connection from before this process slept is unverified: it must answer a probe before requests are sent. If it
 *   does not answer soon, another connection is opened beside it, and the first one to answer is kept: a slow network
 *   is not a dead connection. Pending reads of the dropped connection are sent again.
 */
export class ReconnectingConnection {
  readonly #settings: ConnectionSettings;
  readonly #queue: RequestQueue;
  readonly #events: TransportEvents;
  readonly #owner: ConnectionOwner;
  #connection: Connection | undefined;
  /** Opened beside an unverified connection that is silent. */
  #successor: Connection | undefined;
  /** Whether the current connection has answered a request. */
  #served = false;
  /** Connections in a row that did not serve, or did not last. */
  #failures = 0;
  /** Whether the back-off follows connections that served and did not last. */
  #tooShort = false;
  #retryAt = 0;
  /** Why the last connection ended. */
  #lastError: SessClientError | undefined;
  #closed = false;
  /** Whether the next connection omits `mn`. */
  #classic = false;
  /** Whether the node refused meta: remembered while it greets in classic. */
  #refusesMeta = false;

  /** Whether the last connection that spoke meta ended on its first command: one that has answered it clears this. */
  #hungUpOnMeta = false;

  constructor(settings: ConnectionSettings, queue: RequestQueue, events: TransportEvents, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#queue = queue;
    this.#events = events;
    this.#owner = owner;
  }

  /** Address of the connected machine; `undefined` without a connection. */
  get address(): string | undefined {
    return this.#connection?.address;
  }

  /** Number of the current connection, if there is one. */
  get epoch(): number | undefined {
    return this.#connection?.epoch;
  }

  /** The error of a node that accepted the connection and is silent since, for `ms`; `undefined` for any other. */
  silence(ms: number): SessClientError | undefined {
    return this.#connection?.silence(ms, 'timeoutMs');
  }

  /** While it connects: what was tried, and what to check, after a space. Otherwise empty. */
  get tried(): string {
    return this.#connection?.tried() ?? '';
  }

  get writingBytes(): number {
    return this.#connection?.writingBytes ?? 0;
  }

  /**
   * Throws during the back-off, with the last failure as its cause. A probe ignores the back-off, because the prober has
   * its own schedule; but that starts again with each answer, and does not slow down connections that don't last.
   */
  checkRested(isProbe: boolean): void {
    if (this.#connection !== undefined || this.#lastError === undefined || (isProbe && !this.#tooShort)) return;
    const waitMs = this.#retryAt - performance.now();
    if (waitMs > 0) throw resting(this.#settings.node.id, waitMs, this.#lastError, this.#tooShort);
  }

  /** Connects, unless there is a connection already. */
  connect(): void {
    if (this.#connection !== undefined || this.#closed) return;
    this.#served = false;
    this.#connection = this.#open();
  }

  /** Writes the unsent requests. */
  pump(): void {
    this.#connection?.pump();
  }

  /** This process slept: a NAT, firewall or the node may have dropped the connection. */
  requireProbe(): void {
    this.#connection?.requireProbe();
  }

  /** Drops the connection with the owner's error. */
  drop(error: SessClientError): void {
    this.#connection?.drop(error);
  }

  /** Closes for good; calls `closed` when nothing is left open. */
  close(closed: () => void): void {
    this.#closed = true;
    const open = [this.#connection, this.#successor].filter((connection) => connection !== undefined);
    this.#connection = undefined;
    this.#successor = undefined;
    let left = open.length;
    if (left === 0) closed();
    for (const connection of open) {
      connection.close(() => {
        left -= 1;
        if (left === 0) closed();
      });
    }
  }

  #open(): Connection {
    const settings: ConnectionSettings = this.#classic ? { ...this.#settings, dialect: 'classic' } : this.#settings;
    const connection: Connection = new Connection(settings, this.#queue, {
      ready: () => {
        if (connection === this.#successor) {
          this.#connection?.drop(forgotten(this.#settings.node.id));
          this.#owner.verified();
        } else {
          this.#dropSuccessor();
        }
        this.#events.connected(connection.epoch);
        connection.pump();
      },
      answered: () => {
        this.#served = true;
        this.#owner.settled();
      },
      doubted: () => {
        this.#successor = this.#open();
      },
      trusted: () => {
        this.#dropSuccessor();
        this.#owner.verified();
      },
      ended: (error) => this.#ended(error, connection),
    });
    return connection;
  }

  #dropSuccessor(): void {
    this.#successor?.close();
    this.#successor = undefined;
  }

  #ended(error: SessClientError, connection?: Connection): void {
    if (connection !== undefined && connection === this.#successor) {
      // Neither of the two answers.
      this.#successor = undefined;
      this.#connection?.drop(error);
      return;
    }
    this.#connection = this.#successor;
    this.#successor = undefined;
    if (connection !== undefined && this.#maySpeakClassic(connection)) {
      this.#trySpeakingClassic(error, connection);
      return;
    }
    this.#refusesMeta = this.#refusesMeta && connection?.ready === true;
    this.#classic = this.#refusesMeta;
    const wasUnverified = connection?.isUnverified === true;
    const lasted = wasUnverified || (this.#served && connection?.lasted === true);
    const atOnce = lasted || (this.#served && this.#failures === 0);
    this.#failures = lasted ? 0 : this.#failures + 1;
    this.#tooShort = this.#served && !atOnce;
    this.#lastError = error;
    this.#failSent(error, wasUnverified);
    if (atOnce) this.#retryAt = 0;
    else {
      this.#retryAt = performance.now() + backOffMs(this.#failures, Math.random());
      for (const request of this.#queue.takeAll()) request.fail(notConnected(this.#settings.node.id, error));
    }
    if (!wasUnverified) this.#events.disconnected(error);
    else if (connection.ready) this.#events.forgotten?.(error);
    if (atOnce) this.connect();
    this.#owner.settled();
  }

  #maySpeakClassic({ classicInstead, hasSpokenMeta }: Connection): boolean {
    if (classicInstead !== 'hung up on meta') {
      if (hasSpokenMeta) this.#hungUpOnMeta = false;
      return classicInstead !== undefined;
    }
    const again = this.#hungUpOnMeta;
    this.#hungUpOnMeta = true;
    return again;
  }

  #trySpeakingClassic(error: SessClientError, connection: Connection): void {
    // Otherwise tries `mn` again after each later loss: a node that was still starting may have hung up as well.
    this.#refusesMeta = connection.classicInstead === 'refused';
    this.#classic = true;
    this.#failSent(error, true);
    if (connection.ready) this.#events.forgotten?.(error);
    this.connect();
    this.#owner.settled();
  }

  /** A sent write may or may not have happened; a read can be repeated. */
  #failSent(error: SessClientError, readAgain: boolean): void {
    const again: Request[] = [];
    for (const request of this.#queue.takeSent()) {
      if (readAgain && request.kind === 'get' && !request.settled) again.push(request);
      else request.fail(lost(this.#settings.node.id, error));
    }
    for (const request of again.toReversed()) this.#queue.sendFirst(request);
  }
}
