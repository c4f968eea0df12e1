import { createSessions, SessionError, type RequestSession, type SessionsOptions } from '@sess/session';
import type { Middleware, ParameterizedContext } from 'koa';
import { tellBrowser } from './tell-browser.ts';

/** The options of `createSessions`, and which requests to leave out. */
export interface KoaSessionsOptions extends SessionsOptions {
  /** Says of a request that it needs no session: then no session work is done for it, and `ctx.session` throws. Default: none. */
  readonly ignore?: ((ctx: ParameterizedContext) => boolean) | undefined;
}

/** A middleware that can be closed. */
export interface SessionsMiddleware extends Middleware {
  /** Closes what `servers` opened, when the application's server has closed. Twice does no harm. */
  close(): Promise<void>;
}

/**
 * Gives every request a `ctx.session`, for the middleware after this one.
 *
 * The session is saved when that middleware is done, before Koa sends the headers. Errors save it, too.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function sessions(given: KoaSessionsOptions): SessionsMiddleware {
  const { ignore, ...options } = given ?? {};
  if (ignore !== undefined && typeof ignore !== 'function') {
    throw new SessionError(
      'SESS_BAD_OPTION',
      `option "ignore" is ${typeof ignore}; expected a function of ctx that returns true where no session is needed`,
    );
  }
  const all = createSessions(options);
  const middleware: Middleware = async (ctx, next) => {
    refuseSecond(ctx);
    if (ignore?.(ctx) === true) {
      leaveOut(ctx);
      return next();
    }
    const opened = all.open(ctx.headers.cookie, { secure: ctx.secure, response: ctx.res });
    const session = opened instanceof Promise ? await opened : opened;
    ctx.session = session;
    try {
      await next();
    } catch (error) {
      // The first error is the one to answer with; that the session could not be saved either is told to diagnostics.
      await Promise.allSettled([end(ctx, session)]);
      throw error;
    }
    return end(ctx, session);
  };
  return Object.assign(middleware, { close: () => all.close() });
}

async function end(ctx: ParameterizedContext, session: RequestSession): Promise<void> {
  try {
    await session.commit();
  } finally {
    // Also where the save failed: a new id that was stored before must reach the browser with the error, or its session is lost.
    tellBrowser(ctx, session);
  }
}

function refuseSecond(ctx: ParameterizedContext): void {
  if (!('session' in ctx)) return;
  throw new SessionError(
    'SESS_REGISTERED_TWICE',
    'ctx.session exists already: @sess/koa-middleware, or another session middleware, is used before this one. Use one of them, once',
  );
}

function leaveOut(ctx: ParameterizedContext): void {
  Object.defineProperty(ctx, 'session', {
    configurable: true,
    get() {
      throw new SessionError('SESS_NO_SESSION', 'this request has no session: the option "ignore" left it out');
    },
  });
}
