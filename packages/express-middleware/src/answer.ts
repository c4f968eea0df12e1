import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  completeHead,
  isCacheable,
  LateUse,
  LostCookie,
  serverHeaders,
  type Connection,
  type RequestSession,
  type ResponseHeaders,
  type Session,
} from '@sess/session';
import onHeaders from 'on-headers';
import { canBeHeld, holdUntilSaved } from './held-response.ts';

/** Hands an error to Express, or to whatever calls middleware as it does. */
export type Next = (error?: unknown) => void;

/** Where no head will be written, as for an upgrade to WebSocket. */
const WITHOUT_HEAD = { headersSent: true };

/** The answer to one request, as far as its session goes. */
export class Answer implements Connection {
  readonly #request: IncomingMessage & { readonly secure?: boolean };
  readonly #response: ServerResponse | undefined;
  readonly #socket: Socket;
  /** A connection may have carried other responses. */
  readonly #writtenBefore: number;
  /** The middleware that made it. */
  readonly owner: object;
  readonly touch: boolean;
  #session: RequestSession | undefined;
  #lostCookie: LostCookie | undefined;
  #committed = false;
  #lateUse: LateUse | undefined;

  constructor(request: IncomingMessage, response: unknown, owner: object, touch: boolean) {
    this.#request = request;
    this.#response = canBeHeld(response) ? response : undefined;
    this.#socket = request.socket;
    this.#writtenBefore = request.socket.bytesWritten;
    this.owner = owner;
    this.touch = touch;
  }

  get secure(): boolean {
    // Express's own says what a trusted proxy forwards.
    return this.#request.secure ?? 'encrypted' in this.#socket;
  }

  get response(): { readonly headersSent: boolean; readonly writableEnded?: boolean } {
    return this.#response ?? WITHOUT_HEAD;
  }

  get answered(): boolean {
    const response = this.#response;
    return this.#committed || (response !== undefined && (response.writableEnded || response.closed));
  }

  /** The session is there: whoever answers, and however, the answer waits until it is saved. */
  begin(session: RequestSession, fail: Next): void {
    this.#session = session;
    const response = this.#response;
    if (response === undefined) {
      this.#socket.once('close', () => void this.#saveUnsent(session));
      return;
    }
    if (!response.headersSent) {
      const headers = serverHeaders(response);
      // Inside of what holds the head: it is completed with the headers that `writeHead` was given.
      onHeaders(response, () => completeHead(session, headers));
      holdUntilSaved(response, { save: () => this.#save(session, headers), fail });
    }
    response.once('close', () => {
      this.#lostCookie?.look();
      // A handler whose client went away still runs, and what it changes is saved when it answers.
      if (response.headersSent || this.#socket.bytesWritten > this.#writtenBefore) void this.#saveUnsent(session);
    });
  }

  /** The session, for the application. */
  sessionInUse(): Session | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    if (this.#response !== undefined) this.#lostCookie ??= new LostCookie(session, this.#response);
    return session.current;
  }

  #save(session: RequestSession, headers: ResponseHeaders): Promise<void> | undefined {
    this.#committed = true;
    return session.commit({ cacheable: isCacheable(headers) })?.catch((error: unknown) => {
      this.#late.giveUp();
      throw error;
    });
  }

  /** The response went past all of this, to the socket: what was changed is saved when the connection is over. */
  async #saveUnsent(session: RequestSession): Promise<void> {
    if (this.#committed) return;
    this.#committed = true;
    try {
      await session.commit();
    } catch {
      this.#late.giveUp();
      session.warn('SESS_LATE_CHANGE');
    }
  }

  /**
   * Looked at after it was saved, by code that nobody waited for: a change is saved all the same, or a warning tells
   * that it was too late.
   */
  onLateUse(): void {
    this.#late.look(this.#session, () => this.#session?.warn('SESS_LATE_CHANGE'));
  }

  get #late(): LateUse {
    return (this.#lateUse ??= new LateUse());
  }
}
