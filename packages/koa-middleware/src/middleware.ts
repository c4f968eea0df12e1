import {
  createSessions,
  SessionError,
  type RequestSession,
  type SessionsHealth,
  type SessionsOfUsers,
  type SessionsOptions,
} from '@sess/session';
import type { Middleware, ParameterizedContext } from 'koa';
import { tellBrowser } from './tell-browser.ts';

/** The options of `createSessions`, and which requests to leave out. */
export interface KoaSessionsOptions extends SessionsOptions {
  /** Says of a request that it needs no session: then no session work is done for it, and `ctx.session` throws. Default: none. */
  readonly ignore?: ((ctx: ParameterizedContext) => boolean) | undefined;
}

/** Where a request keeps its session. */
const SESSION: unique symbol = Symbol('@sess/koa-middleware.session');

type SessionContext = ParameterizedContext & { [SESSION]?: RequestSession };

/**
 * A middleware that can be closed, knows the sessions of users (`revokeUser`, `ofUser`, with the option `userOf`), and tells readiness probes how it is
 * (`ready()`, `state`).
 */
export interface SessionsMiddleware extends Middleware, SessionsOfUsers, SessionsHealth {
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
  const middleware: Middleware = async (ctx: SessionContext, next) => {
    prepare(ctx);
    if (ignore?.(ctx) === true) return next();
    if (ctx[SESSION] !== undefined) throw registeredTwice();
    const opened = all.open(ctx.headers.cookie, { secure: ctx.secure, response: ctx.res });
    const session = opened instanceof Promise ? await opened : opened;
    ctx[SESSION] = session;
    try {
      await next();
    } catch (error) {
      // The first error is the one to answer with; that the session could not be saved either is told to diagnostics.
      await Promise.allSettled([end(ctx, session)]);
      throw error;
    }
    // Mostly there is nothing to wait for, and one promise less.
    const ending = end(ctx, session);
    if (ending !== undefined) await ending;
  };
  const methods = {
    revokeUser: (user: string) => all.revokeUser(user),
    ofUser: (user: string) => all.ofUser(user),
    ready: () => all.ready(),
    close: () => all.close(),
  };
  // A getter, where `assign` would copy what it says now.
  return Object.defineProperty(Object.assign(middleware, methods), 'state', { get: () => all.state }) as SessionsMiddleware;
}

function end(ctx: ParameterizedContext, session: RequestSession): Promise<void> | undefined {
  const saving = session.commit();
  if (saving !== undefined) return endAfter(saving, ctx, session);
  tellBrowser(ctx, session);
  return undefined;
}

async function endAfter(saving: Promise<void>, ctx: ParameterizedContext, session: RequestSession): Promise<void> {
  try {
    await saving;
  } finally {
    // Also where the save failed: a new id that was stored before must reach the browser with the error, or its session is lost.
    tellBrowser(ctx, session);
  }
}

/** Applications whose contexts have a `session` of ours. */
const prepared = new WeakSet<object>();

/** Gives the contexts of this application their `session`, at its first request: a middleware does not know its application before. */
function prepare(ctx: SessionContext): void {
  const { context } = ctx.app;
  if (prepared.has(context)) return;
  if ('session' in ctx) throw registeredTwice();
  prepared.add(context);
  Object.defineProperty(context, 'session', { get: sessionOf, set: refuseAssignment });
}

function registeredTwice(): SessionError {
  return new SessionError(
    'SESS_REGISTERED_TWICE',
    'ctx.session exists already: @sess/koa-middleware, or another session middleware, is used before this one. Use one of them, once',
  );
}

function sessionOf(this: SessionContext): RequestSession {
  const session = this[SESSION];
  if (session !== undefined) return session;
  throw new SessionError(
    'SESS_NO_SESSION',
    'this request has no session: the option "ignore" left it out, or it could not be loaded, or it is asked for before the session middleware',
  );
}

function refuseAssignment(): never {
  throw new SessionError(
    'SESS_BAD_DATA',
    'ctx.session can not be assigned: put data into ctx.session.data; to log out, await ctx.session.destroy()',
  );
}
