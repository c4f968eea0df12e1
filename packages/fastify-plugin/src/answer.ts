import type { ServerResponse } from 'node:http';
import {
  completeHead,
  isCacheable,
  LateUse,
  LostCookie,
  serverHeaders,
  type Connection,
  type RequestSession,
  type Session,
} from '@sess/session';
import type { FastifyReply, FastifyRequest } from 'fastify';
import onHeaders from 'on-headers';
import { ReplyHeaders } from './headers.ts';
import { isMute } from './log.ts';

/** Continues with the next `onSend` hook. */
export type ProceedWith = (error?: Error | null, payload?: unknown) => void;

/** `writeHead` with all its overloads. */
type WriteHead = (...given: unknown[]) => ServerResponse;

/**
 * Shared by all replies: V8 gives a reply with its own getter a hidden class, which keeps the whole request alive until
 * the next full garbage collection.
 */
const SENT: PropertyDescriptor = { configurable: true, get: () => true };

/** The session's part of the answer to one request. */
export class Answer implements Connection {
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  /** Whether the route's last `onSend` hook saves the session. */
  readonly savesLast: boolean;
  readonly touch: boolean;
  session: RequestSession | undefined;
  #stage: 'open' | 'saving' | 'saved' = 'open';
  #watched = false;
  #lateUse: LateUse | undefined;
  #answered = false;

  constructor(request: FastifyRequest, reply: FastifyReply, savesLast: boolean, touch: boolean) {
    this.#request = request;
    this.#reply = reply;
    this.savesLast = savesLast;
    this.touch = touch;
  }

  get secure(): boolean {
    return this.#request.protocol === 'https';
  }

  get response(): this {
    return this;
  }

  /** Whether it is too late to set a cookie; after `reply.hijack()` the application writes the head itself. */
  get headersSent(): boolean {
    return this.#reply.raw.headersSent || (this.#stage !== 'saving' && this.#reply.sent);
  }

  get writableEnded(): boolean {
    return this.#reply.raw.writableEnded;
  }

  /** Whether the handler threw, or its answer is being sent. */
  get answered(): boolean {
    const { raw } = this.#reply;
    return this.#answered || raw.writableEnded || raw.closed;
  }

  /**
   * Errors and answers both go through `send`: after it, only loggers, error handlers and late hooks read the session.
   */
  onUnavailable(): void {
    const reply = this.#reply;
    const send: (payload?: unknown) => FastifyReply = Reflect.get(reply, 'send');
    const sendAnswer = (payload?: unknown): FastifyReply => {
      this.#answered = true;
      return Reflect.apply(send, reply, [payload]);
    };
    Reflect.set(reply, 'send', sendAnswer);
  }

  /** The session, for the application. */
  sessionInUse(): Session | undefined {
    const { session } = this;
    if (session === undefined) return undefined;
    if (!this.#watched) this.#watchHead(session);
    return session.current;
  }

  /** Saves the session before this payload is sent. */
  save(payload: unknown, proceed: ProceedWith): void {
    const { session } = this;
    // Ignores a second answer while the first is being sent, as Fastify does if nothing is saved.
    if (this.#stage === 'saving') return;
    if (session === undefined || this.#stage === 'saved') return proceed(null, payload);
    const saving = session.commit({ cacheable: isCacheable(new ReplyHeaders(this.#reply)) });
    this.#stage = 'saved';
    if (!this.#watched) this.#watchHead(session);
    if (saving === undefined) return proceed(null, payload);
    this.#stage = 'saving';
    void this.#sendAfter(saving, payload, proceed);
  }

  async #sendAfter(saving: Promise<void>, payload: unknown, proceed: ProceedWith): Promise<void> {
    const reply = this.#reply;
    const keptHead = keepHead(reply);
    // Makes Fastify treat the reply as sent, as it would if nothing were saved: it refuses a second `send` and runs no
    // further hook or handler.
    Object.defineProperty(reply, 'sent', SENT);
    let failure: Error | null = null;
    try {
      await saving;
    } catch (error) {
      failure = error as Error;
      this.#late.giveUp();
    }
    Reflect.deleteProperty(reply, 'sent');
    this.#stage = 'saved';
    // The application answered through `reply.raw` meanwhile.
    if (reply.raw.headersSent || reply.raw.writableEnded) return;
    keptHead.restore();
    sendOrFail(reply, payload, failure, proceed);
  }

  /**
   * Completes the head just before it is sent, whatever code writes it: later hooks, streams and writers of `reply.raw`
   * set headers too.
   */
  #watchHead(session: RequestSession): void {
    this.#watched = true;
    const { raw } = this.#reply;
    if (raw.headersSent) return this.#saveWhenClosed(session);
    const cookie = new LostCookie(session, raw);
    // An upgrade to WebSocket writes its head without `writeHead`.
    raw.on('close', () => {
      cookie.look();
      if (this.#reply.sent) void this.#saveUnsent(session);
    });
    const write = Reflect.get(raw, 'writeHead') as WriteHead;
    const writeCompleted = (...given: unknown[]): ServerResponse => {
      Reflect.set(raw, 'writeHead', write);
      if (this.#stage === 'saved' && given.length > 1) {
        // Fastify calls this, with the headers of the reply.
        completeHead(session, new ReplyHeaders(this.#reply));
        return Reflect.apply(write, raw, given);
      }
      this.#saveWhenClosed(session);
      onHeaders(raw, () => completeHead(session, serverHeaders(raw)));
      return Reflect.apply(Reflect.get(raw, 'writeHead') as WriteHead, raw, given);
    };
    Reflect.set(raw, 'writeHead', writeCompleted);
  }

  /** Saves on close: the application writes to `reply.raw`, so no hook runs. */
  #saveWhenClosed(session: RequestSession): void {
    const { raw } = this.#reply;
    if (this.#stage !== 'open') return;
    if (raw.closed) setImmediate(() => void this.#saveUnsent(session));
    else raw.once('close', () => void this.#saveUnsent(session));
  }

  async #saveUnsent(session: RequestSession): Promise<void> {
    if (this.#stage !== 'open') return;
    this.#stage = 'saved';
    try {
      await session.commit();
    } catch (error) {
      this.#late.giveUp();
      this.#tellLate(error, 'the session could not be saved after the response');
    }
  }

  /**
   * Called if code that nobody awaited uses the session after it was saved. Saves a change, or logs that it came too
   * late.
   */
  onLateUse(): void {
    const tooLate =
      'the session was changed after the response, too late to be saved: await what changes it, before the answer is sent';
    this.#late.look(this.session, (error) => this.#tellLate(error, tooLate));
  }

  get #late(): LateUse {
    return (this.#lateUse ??= new LateUse());
  }

  #tellLate(error: unknown, message: string): void {
    const { log } = this.#request;
    if (isMute(log)) this.session?.warn('SESS_LATE_CHANGE');
    else log.error({ err: error }, message);
  }
}

/** Does what Fastify does if no hook is asynchronous: an error of a later hook or of the head becomes the answer. */
function sendOrFail(reply: FastifyReply, payload: unknown, failure: Error | null, proceed: ProceedWith): void {
  try {
    try {
      proceed(failure, payload);
    } catch (error) {
      if (reply.raw.headersSent) throw error;
      proceed(error as Error);
    }
  } catch (error) {
    reply.log.error({ err: error }, 'the response could not be sent');
    reply.raw.destroy();
  }
}

/** Keeps status and headers: code that runs after `send` may set others, for an answer that will not be sent. */
function keepHead(reply: FastifyReply): { restore: () => void } {
  const { statusCode } = reply.raw;
  const headers = reply.getHeaders();
  return {
    restore() {
      reply.raw.statusCode = statusCode;
      const now = reply.getHeaders();
      for (const name of Object.keys(now)) if (!(name in headers)) reply.removeHeader(name);
      for (const [name, value] of Object.entries(headers)) {
        if (now[name as keyof typeof now] === value) continue;
        reply.removeHeader(name);
        reply.header(name, value);
      }
    },
  };
}
