import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  claimCookieNames,
  createSessions,
  giveToApplication,
  SessionError,
  sessionsOptions,
  type RequestSession,
  type SessionsHealth,
  type SessionsOfUsers,
  type SessionsOptions,
} from '@sess/session';
import type { Request } from 'express';
import { Answer, type Next } from './answer.ts';
import { answerOf, giveSession, registeredTwice } from './request-property.ts';

/** The options of `createSessions`, and two functions that choose requests. */
export interface ExpressSessionsOptions extends SessionsOptions {
  /**
   * Returns `true` for a request that needs no session: `req.session` is then `undefined`. Default: no request is
   * excluded.
   */
  readonly ignore?: ((request: Request) => boolean) | undefined;
  /**
   * Returns whether a request extends the session's idle timeout: `false` for polling, for example. Default: every
   * request does.
   */
  readonly touch?: ((request: Request) => boolean) | undefined;
}

/**
 * The middleware. It can also be closed, manage the sessions of users (`revokeUser`, `ofUser`, `end`, with the option
 * `userOf`) and serve readiness probes (`ready()`, `state`).
 */
export interface SessionsMiddleware extends SessionsOfUsers, SessionsHealth {
  /** For an upgrade to WebSocket, which has no response, `response` may be an empty object. */
  (request: IncomingMessage, response: ServerResponse | object, next: Next): void;
  /** Closes the client that `servers` opened. Call it after the application's server has closed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Gives every request a `req.session`, for the middleware after this one.
 *
 * The answer waits until the session is saved, however it is sent: `res.json`, `res.sendFile`, a piped stream,
 * `res.writeHead`. If the save fails, the error goes to the application's error handlers instead of the answer.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`.
 */
export function sessions(given: ExpressSessionsOptions): SessionsMiddleware {
  refuseRequest(given);
  const { ignore, touch, ...options } = sessionsOptions(given);
  checkFunction('ignore', ignore, 'true for a request that needs no session');
  checkFunction('touch', touch, 'false for a request that does not extend the session');
  const all = createSessions(options);
  const applications = new WeakSet<object>();
  const middleware = (incoming: IncomingMessage, response: ServerResponse | object, next: Next): void => {
    const request = incoming as Request;
    const application = applicationOf(request);
    if (!applications.has(application)) {
      claimCookieNames(application, all.cookieNames);
      applications.add(application);
    }
    if (ignore?.(request) === true) return next();
    const earlier = answerOf(request);
    if (earlier?.owner === middleware) return next();
    if (earlier !== undefined) throw registeredTwice();
    const answer = new Answer(request, response, middleware, touch?.(request) !== false);
    giveSession(request, answer);
    const opened = all.open(request.headers.cookie, answer);
    if (opened instanceof Promise) return void load(answer, opened, next);
    answer.begin(opened, next);
    return next();
  };
  return giveToApplication(Object.assign(middleware, { close: () => all.close() }), all);
}

async function load(answer: Answer, opened: Promise<RequestSession>, next: Next): Promise<void> {
  try {
    answer.begin(await opened, next);
  } catch (error) {
    return next(error);
  }
  next();
}

/** The object that all requests of an application share: the outermost of nested applications, or the server. */
function applicationOf({ app, socket }: Request): object {
  let outermost: { readonly parent?: object } | undefined = app as { readonly parent?: object } | undefined;
  while (outermost?.parent !== undefined) outermost = outermost.parent;
  return outermost ?? (socket as { readonly server?: object }).server ?? UNKNOWN;
}

const UNKNOWN = {};

/** `app.use(sessions)`, without a call, passes each request here in place of the options. */
function refuseRequest(given: unknown): void {
  if (typeof given !== 'object' || given === null || !('headers' in given)) return;
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
    `option "${name}" is ${typeof given}; expected a function of the request that returns ${returns}`,
  );
}
