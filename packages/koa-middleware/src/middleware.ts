import {
  claimCookieNames,
  createSessions,
  giveToApplication,
  SessionError,
  type SessionsHealth,
  type SessionsOfUsers,
  type SessionsOptions,
} from '@sess/session';
import type { Middleware, ParameterizedContext } from 'koa';
import { Answer } from './answer.ts';
import { ANSWER, prepare, registeredTwice, type KoaApplication, type SessionContext } from './context-session.ts';

/** The options of `createSessions`, and which requests to leave out. */
export interface KoaSessionsOptions extends SessionsOptions {
  /**
   * Says of a request that it needs no session: then no session work is done for it, and `ctx.session` is `undefined`.
   * Default: none.
   */
  readonly ignore?: ((ctx: ParameterizedContext) => boolean) | undefined;
  /**
   * Says of a request whether it prolongs the life of the session that it reads: `false` for polling and the like.
   * Default: each does.
   */
  readonly touch?: ((ctx: ParameterizedContext) => boolean) | undefined;
}

/**
 * A middleware that can be closed, knows the sessions of users (`revokeUser`, `ofUser`, `end`, with the option
 * `userOf`), and tells readiness probes how it is (`ready()`, `state`).
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
 * @param app The application that will use the middleware, which Koa does not tell it before the first request. With it
 *   a second registration is refused at once, and `ctx.session` in middleware before this one is `undefined` with a
 *   process warning. Default: both from the first request on.
 * @throws {SessionError} `SESS_BAD_OPTION`; with `app` also `SESS_REGISTERED_TWICE`.
 */
export function sessions(given: KoaSessionsOptions, app?: KoaApplication): SessionsMiddleware {
  const { ignore, touch, ...options } = given ?? {};
  checkFunction('ignore', ignore, 'true where no session is needed');
  checkFunction('touch', touch, 'false where reading the session does not prolong its life');
  const all = createSessions(options);
  const applications = new WeakSet<object>();
  const join = (application: KoaApplication): void => {
    prepare(application);
    refuseSecond(application);
    claimCookieNames(application, all.cookieNames);
    applications.add(application);
  };
  const middleware: Middleware = async (ctx: SessionContext, next) => {
    if (!applications.has(ctx.app)) join(ctx.app);
    if (ignore?.(ctx) === true) {
      ctx[ANSWER] ??= null;
      return next();
    }
    if ((ctx[ANSWER] ?? null) !== null || Object.hasOwn(ctx, 'session')) throw registeredTwice();
    const answer = new Answer(ctx, touch?.(ctx) !== false);
    const opened = all.open(ctx.headers.cookie, answer);
    const session = opened instanceof Promise ? await opened : opened;
    answer.begin(session);
    ctx[ANSWER] = answer;
    try {
      await next();
    } catch (error) {
      answer.isDecided = true;
      // The first error is the one to answer with; that the session could not be saved either is told to diagnostics.
      await Promise.allSettled([answer.save(session)]);
      throw error;
    }
    answer.isDecided = true;
    // Mostly there is nothing to wait for, and one promise less.
    const saving = answer.save(session);
    if (saving !== undefined) await saving;
  };
  if (ignore === undefined) ALWAYS.add(middleware);
  OURS.add(middleware);
  if (app !== undefined) {
    try {
      announce(checkApplication(app), middleware);
      join(app);
    } catch (error) {
      // What was opened would never be closed.
      void all.close();
      throw error;
    }
  }
  return giveToApplication(Object.assign(middleware, { close: () => all.close() }), all);
}

/** @throws {SessionError} `SESS_BAD_OPTION` */
function checkFunction(name: string, given: unknown, returns: string): void {
  if (given === undefined || typeof given === 'function') return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    `option "${name}" is ${typeof given}; expected a function of ctx that returns ${returns}`,
  );
}

/** @throws {SessionError} `SESS_BAD_OPTION` */
function checkApplication(app: KoaApplication): KoaApplication {
  if (typeof app === 'object' && app !== null && typeof app.context === 'object' && Array.isArray(app.middleware))
    return app;
  throw new SessionError('SESS_BAD_OPTION', 'the second argument of sessions(options, app) is no Koa application');
}

const OURS = new WeakSet<object>();
/** Those that leave out no request. */
const ALWAYS = new WeakSet<object>();
/** Those that were given their application, which may not use them yet. */
const announced = new WeakMap<object, readonly object[]>();

/**
 * Two of them may share an application only where each leaves requests to the other; this is seen before one request
 * has met both.
 */
function refuseSecond(app: KoaApplication): void {
  const ours = new Set([...(announced.get(app) ?? []), ...app.middleware.filter((used) => OURS.has(used))]);
  if (ours.size > 1 && [...ours].some((each) => ALWAYS.has(each))) throw registeredTwice();
}

function announce(app: KoaApplication, middleware: object): void {
  announced.set(app, [...(announced.get(app) ?? []), middleware]);
}
