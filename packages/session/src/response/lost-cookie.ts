import type { EventEmitter } from 'node:events';
import type { RequestSession } from '../session.ts';

interface WrittenTo {
  readonly bytesWritten: number;
}

/** The parts of a response that show whether it was written. A `ServerResponse` fits. */
export interface WatchedResponse extends EventEmitter {
  readonly headersSent: boolean;
  readonly closed: boolean;
  readonly socket: WrittenTo | null;
}

/**
 * Warns if a response was sent without the cookie of its session, because code bypassed the `ServerResponse`: adapters
 * add the cookie only to heads that the `ServerResponse` writes.
 */
export class LostCookie {
  readonly #session: RequestSession;
  readonly #response: WatchedResponse;
  readonly #socket: WrittenTo | null;
  /** The connection may have carried other responses before. */
  readonly #writtenBefore: number;

  /** Create it when the session is first used, before anything is written. */
  constructor(session: RequestSession, response: WatchedResponse) {
    this.#session = session;
    this.#response = response;
    // The connection of an HTTP/2 stream carries other streams at the same time.
    this.#socket = 'stream' in response ? null : response.socket;
    this.#writtenBefore = this.#socket?.bytesWritten ?? 0;
  }

  /** Checks once the response is closed. */
  watch(): void {
    if (!this.#session.owesCookie) return;
    if (this.#response.closed) this.look();
    else this.#response.once('close', () => this.look());
  }

  /** Doesn't warn if the client disconnected before anything was written. */
  look(): void {
    if (!this.#session.owesCookie) return;
    const hasLeft = this.#response.headersSent || (this.#socket?.bytesWritten ?? 0) > this.#writtenBefore;
    if (hasLeft) this.#session.warn('SESS_LOST_COOKIE');
  }
}
