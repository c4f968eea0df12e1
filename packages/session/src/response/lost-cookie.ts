import type { EventEmitter } from 'node:events';
import type { RequestSession } from '../session.ts';

interface WrittenTo {
  readonly bytesWritten: number;
}

/** A response, as far as it tells who wrote it. A `ServerResponse` fits. */
export interface WatchedResponse extends EventEmitter {
  readonly headersSent: boolean;
  readonly closed: boolean;
  readonly socket: WrittenTo | null;
}

/**
 * Warns where a response left without the cookie of its session: written past the `ServerResponse`, to whose heads
 * adapters add it.
 */
export class LostCookie {
  readonly #session: RequestSession;
  readonly #response: WatchedResponse;
  readonly #socket: WrittenTo | null;
  /** A connection may have carried other responses. */
  readonly #writtenBefore: number;

  /** To be made when the session is first used, before anything was written. */
  constructor(session: RequestSession, response: WatchedResponse) {
    this.#session = session;
    this.#response = response;
    // The connection of an HTTP/2 stream carries others at the same time.
    this.#socket = 'stream' in response ? null : response.socket;
    this.#writtenBefore = this.#socket?.bytesWritten ?? 0;
  }

  /** Looks when the response is over. */
  watch(): void {
    if (!this.#session.owesCookie) return;
    if (this.#response.closed) this.look();
    else this.#response.once('close', () => this.look());
  }

  /** A client that went away before anything was written lost nothing that it was told of. */
  look(): void {
    if (!this.#session.owesCookie) return;
    const hasLeft = this.#response.headersSent || (this.#socket?.bytesWritten ?? 0) > this.#writtenBefore;
    if (hasLeft) this.#session.warn('SESS_LOST_COOKIE');
  }
}
