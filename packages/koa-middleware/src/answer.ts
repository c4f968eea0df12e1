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
import type { ParameterizedContext } from 'koa';
import onHeaders from 'on-headers';

/** The session's part of the answer to one request. */
export class Answer implements Connection {
  readonly #ctx: ParameterizedContext;
  readonly #headers: ResponseHeaders;
  readonly touch: boolean;
  session: RequestSession | undefined;
  /** Whether the middleware after this one is done or threw. */
  isDecided = false;
  #lostCookie: LostCookie | undefined;
  #lateUse: LateUse | undefined;

  constructor(ctx: ParameterizedContext, touch: boolean) {
    this.#ctx = ctx;
    this.touch = touch;
    this.#headers = serverHeaders(ctx.res);
  }

  get secure(): boolean {
    return this.#ctx.secure;
  }

  get response(): { readonly headersSent: boolean; readonly writableEnded: boolean } {
    return this.#ctx.res;
  }

  get answered(): boolean {
    const { res } = this.#ctx;
    return this.isDecided || res.writableEnded || res.closed;
  }

  /**
   * Completes the head just before it is sent, whatever code writes it: other middleware sets headers later, Koa's
   * error handler removes them all, and with `ctx.respond = false` the application writes to `ctx.res`.
   */
  begin(session: RequestSession): void {
    this.session = session;
    if (!this.#ctx.res.headersSent) onHeaders(this.#ctx.res, () => completeHead(session, this.#headers));
  }

  /** The session, for the application. */
  sessionInUse(): Session | undefined {
    const { session } = this;
    if (session === undefined) return undefined;
    this.#lostCookie ??= new LostCookie(session, this.#ctx.res);
    return session.current;
  }

  /** `undefined` if there is nothing to wait for. */
  save(session: RequestSession): Promise<void> | undefined {
    const saving = session.commit({ cacheable: isCacheable(this.#headers) });
    if (saving === undefined) return this.#watchCookie();
    return saving.then(
      () => this.#watchCookie(),
      (error: unknown) => {
        this.#late.giveUp();
        throw error;
      },
    );
  }

  /** If Koa does not answer, the application does, perhaps without `ctx.res`. */
  #watchCookie(): undefined {
    if (this.#ctx.respond === false || !this.#ctx.writable) this.#lostCookie?.watch();
  }

  /**
   * Called if code that nobody awaited uses the session after it was saved. Saves a change, or emits `error` on the
   * application if it came too late.
   */
  onLateUse(): void {
    this.#late.look(this.session, (error) => {
      const message =
        'ctx.session was changed after the response, too late to be saved: does each middleware await next()?';
      this.#ctx.app.emit('error', new Error(message, { cause: error }), this.#ctx);
    });
  }

  get #late(): LateUse {
    return (this.#lateUse ??= new LateUse());
  }
}
