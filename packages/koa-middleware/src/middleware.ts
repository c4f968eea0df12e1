import {
  claimCookieNames,
  createSessions,
  giveToApplication,
  SessionError,
  sessionsOptions,
  type SessionsHealth,
  type SessionsOfUsers,
  type SessionsOptions,
} from '@sess/session';
import type { Middleware, ParameterizedContext } from 'koa';
import { Answer } from './answer.ts';
import { ANSWER, prepare, registeredTwice, type KoaApplication, type SessionContext } from './context-session.ts';

/** The options of `createSessions`, and two functions that choose requests. */
export interface KoaSessionsOptions extends SessionsOptions {
  /**
   * Returns `true` for a request that needs no session: `ctx.session` is then `undefined`. Default: no request is
   * excluded.
   */
  readonly ignore?: ((ctx: ParameterizedContext) => boolean) | undefined;
  /**
   * Returns whether a request extends the session's idle timeout: `false` for polling, for example. Default: every
   * request does.
   */
  readonly touch?: ((ctx: ParameterizedContext) => boolean) | undefined;
}

/**
 * The middleware. It can also be closed, manage the sessions of users (`revokeUser`, `ofUser`, `end`, with the option
 * `userOf`) and serve readiness probes (`ready()`, `state`).
 */
export interface SessionsMiddleware extends Middleware, SessionsOfUsers, SessionsHealth {
  /** Closes the client that `servers` opened. Call it after the application's server has closed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Gives every request a `ctx.session`, for the middleware after this one.
 *
 * Saves the session when that middleware is done, before Koa sends the headers; also if it throws.
 *
 * @param app The application that will use the middleware; without it the middleware learns it from the first request.
 *   With it, a second registration fails at once, and `ctx.session` in middleware before this one is `undefined` with a
 *   process warning. Default: both only from the first request on.
 * @throws {SessionError} `SESS_BAD_OPTION`; with `app` also `SESS_REGISTERED_TWICE`.
 */
export function sessions(given: KoaSessionsOptions, app?: KoaApplication): SessionsMiddleware {
  refuseRequest(given);
  const { ignore, touch, ...options } = sessionsOptions(given);
  checkFunction('ignore', ignore, 'true for a request that needs no session');
  checkFunction('touch', touch, 'false for a request that does not extend the session');
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
      // Answer with the first error; diagnostics report a failed save.
      await Promise.allSettled([answer.save(session)]);
      throw error;
    }
    answer.isDecided = true;
    // Usually there is nothing to wait for, which saves a promise.
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
      // Otherwise nothing would close the client.
      void all.close();
      throw error;
    }
  }
  return giveToApplication(Object.assign(middleware, { close: () => all.close() }), all);
}

/** `app.use(sessions)`, without a call, passes each context here in place of the options. */
function refuseRequest(given: unknown): void {
  if (typeof given !== 'object' || given === null || !('req' in given)) return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    'sessions got a request in place of options: call it, app.use(sessions({ servers, secret })). What it returns is the middleware',
  );
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
  throw new SessionError('SESS_BAD_OPTION', 'the second argument of sessions(options, app) is not a Koa application');
}

const OURS = new WeakSet<object>();
/** Middleware without `ignore`. */
const ALWAYS = new WeakSet<object>();
/** By application, the middleware that was created for it. The application may not use it yet. */
const announced = new WeakMap<object, readonly object[]>();

/**
 * Two of these middlewares may share an application only if both have `ignore`. This check needs no request that meets
 * both.
 */
function refuseSecond(app: KoaApplication): void {
  const ours = new Set([...(announced.get(app) ?? []), ...app.middleware.filter((used) => OURS.has(used))]);
  if (ours.size > 1 && [...ours].some((each) => ALWAYS.has(each))) throw registeredTwice();
}

function announce(app: KoaApplication, middleware: object): void {
  announced.set(app, [...(announced.get(app) ?? []), middleware]);
}
