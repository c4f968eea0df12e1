import type { SessClientError } from '../../errors.ts';
import type { TransportEvents } from '../transport.ts';
import { backOffMs } from './back-off.ts';
import { Connection, type ConnectionSettings } from './connection.ts';
import type { Request } from './request.ts';
import { connectionError, lost, notConnected, resting } from './request-errors.ts';
import type { RequestQueue } from './request-queue.ts';

/**
 * The connection to a node over its losses: makes one when a request needs it, and another one when it is lost.
 *
 * - A connection that served and is lost is made again at once, requests waiting or not: an idle one that the server
 *   closed fails no request. What was sent on it fails; what was not sent goes onto the next.
 * - A connection that can't be made, or is lost before it served, fails all that waits, and the node is left alone for
 *   a growing, jittered while.
 * - A node that hangs up on the question for the meta dialect is spoken to in classic, at once: it may be a proxy.
 * - A connection that stood while this process slept is doubted: nothing is sent before it has answered again, and
 *   another one is made when it does not. Reads that it had under way are sent again.
 */
export class ReconnectingConnection {
  readonly #settings: ConnectionSettings;
  readonly #queue: RequestQueue;
  readonly #events: TransportEvents;
  readonly #settled: () => void;
  #connection: Connection | undefined;
  /** Whether it has answered a request. */
  #served = false;
  /** Connections in a row that did not serve. */
  #failures = 0;
  #retryAt = 0;
  /** Why the last connection ended. */
  #lastError: SessClientError | undefined;
  #closed = false;
  /** Whether the next connection does without the question for the meta dialect. */
  #classic = false;

  /** `settled` is called whenever requests were answered or failed. */
  constructor(settings: ConnectionSettings, queue: RequestQueue, events: TransportEvents, settled: () => void) {
    this.#settings = settings;
    this.#queue = queue;
    this.#events = events;
    this.#settled = settled;
  }

  /** Number of the connection on which a request made now would be sent, when there is one. */
  get epoch(): number | undefined {
    return this.#connection?.epoch;
  }

  get writingBytes(): number {
    return this.#connection?.writingBytes ?? 0;
  }

  /** Throws while the node is left alone, with the reason. */
  checkRested(): void {
    if (this.#connection !== undefined || this.#lastError === undefined) return;
    const waitMs = this.#retryAt - performance.now();
    if (waitMs > 0) throw resting(this.#settings.node.id, waitMs, this.#lastError);
  }

  /** Makes a connection unless there is one, or one is being made. */
  connect(): void {
    if (this.#connection !== undefined || this.#closed) return;
    this.#served = false;
    try {
      this.#connection = this.#open();
    } catch (error) {
      // Options that Node.js itself refuses, such as a certificate that can't be read.
      this.#ended(connectionError(this.#settings.node.id, error));
    }
  }

  /** Writes what is unsent. */
  pump(): void {
    this.#connection?.pump();
  }

  /** This process slept: what the connection goes through may have forgotten it. */
  doubt(): void {
    this.#connection?.doubt();
  }

  /** Gives the connection up for a reason that the owner found. */
  drop(error: SessClientError): void {
    this.#connection?.drop(error);
  }

  /** Ends for good; `closed` is called when nothing is left open. */
  close(closed: () => void): void {
    this.#closed = true;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) closed();
    else connection.close(closed);
  }

  #open(): Connection {
    const settings: ConnectionSettings = this.#classic ? { ...this.#settings, dialect: 'classic' } : this.#settings;
    const connection: Connection = new Connection(settings, this.#queue, {
      ready: () => {
        this.#events.connected(connection.epoch);
        connection.pump();
      },
      answered: () => {
        this.#served = true;
        this.#settled();
      },
      ended: (error) => this.#ended(error, connection),
    });
    return connection;
  }

  #ended(error: SessClientError, connection?: Connection): void {
    // Asked anew after each loss: a node that was just starting may have hung up as well.
    this.#classic = connection?.hungUpOnMeta === true;
    if (this.#classic) {
      this.#connection = undefined;
      this.connect();
      return;
    }
    const doubted = connection?.doubted === true;
    const atOnce = this.#served || doubted;
    this.#connection = undefined;
    this.#lastError = error;
    this.#failSent(error, doubted);
    if (atOnce) {
      this.#failures = 0;
      this.#retryAt = 0;
    } else {
      this.#failures += 1;
      this.#retryAt = performance.now() + backOffMs(this.#failures, Math.random());
      for (const request of this.#queue.takeAll()) request.fail(notConnected(this.#settings.node.id, error));
    }
    if (!doubted) this.#events.disconnected(error);
    else if (connection.ready) this.#events.forgotten?.(error);
    if (atOnce) this.connect();
    this.#settled();
  }

  /** What was sent may or may not have happened. To read again does no harm. */
  #failSent(error: SessClientError, readAgain: boolean): void {
    const again: Request[] = [];
    for (const request of this.#queue.takeSent()) {
      if (readAgain && request.kind === 'get' && !request.settled) again.push(request);
      else request.fail(lost(this.#settings.node.id, error));
    }
    for (const request of again.toReversed()) this.#queue.sendFirst(request);
  }
}
