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

/** The `next` of Express, or of a framework that calls middleware like it. */
export type Next = (error?: unknown) => void;

/** For a request without a response head, such as an upgrade to WebSocket. */
const WITHOUT_HEAD = { headersSent: true };

/** The session's part of the answer to one request. */
export class Answer implements Connection {
  readonly #request: IncomingMessage & { readonly secure?: boolean };
  readonly #response: ServerResponse | undefined;
  readonly #socket: Socket;
  /** The connection may have carried other responses before. */
  readonly #writtenBefore: number;
  /** The middleware that created this answer. */
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
    // Express's `secure` includes the protocol that a trusted proxy forwards.
    return this.#request.secure ?? 'encrypted' in this.#socket;
  }

  get response(): { readonly headersSent: boolean; readonly writableEnded?: boolean } {
    return this.#response ?? WITHOUT_HEAD;
  }

  get answered(): boolean {
    const response = this.#response;
    return this.#committed || (response !== undefined && (response.writableEnded || response.closed));
  }

  /** Attaches the loaded session: the answer, however it is sent, then waits until the session is saved. */
  begin(session: RequestSession, fail: Next): void {
    this.#session = session;
    const response = this.#response;
    if (response === undefined) {
      this.#socket.once('close', () => void this.#saveUnsent(session));
      return;
    }
    if (!response.headersSent) {
      const headers = serverHeaders(response);
      // Before `holdUntilSaved`, so that the head is completed with the headers passed to `writeHead`.
      onHeaders(response, () => completeHead(session, headers));
      holdUntilSaved(response, { save: () => this.#save(session, headers), fail });
    }
    response.once('close', () => {
      this.#lostCookie?.look();
      // If nothing was written, the client disconnected and the handler still runs: its answer saves the session.
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

  /** Saves changes after the connection closed, if the response bypassed this class, for example on the socket. */
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
   * Called if code that nobody awaited uses the session after it was saved. Saves a change, or warns that it came too
   * late.
   */
  onLateUse(): void {
    this.#late.look(this.#session, () => this.#session?.warn('SESS_LATE_CHANGE'));
  }

  get #late(): LateUse {
    return (this.#lateUse ??= new LateUse());
  }
}
