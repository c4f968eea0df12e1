import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  claimCookieNames,
  createSessions,
  giveToApplication,
  SessionError,
  type RequestSession,
  type SessionsHealth,
  type SessionsOfUsers,
  type SessionsOptions,
} from '@sess/session';
import type { Request } from 'express';
import { Answer, type Next } from './answer.ts';
import { answerOf, giveSession, registeredTwice } from './request-property.ts';

/** The options of `createSessions`, and which requests to leave out. */
export interface ExpressSessionsOptions extends SessionsOptions {
  /**
   * Says of a request that it needs no session: then no session work is done for it, and `req.session` is `undefined`.
   * Default: none.
   */
  readonly ignore?: ((request: Request) => boolean) | undefined;
  /**
   * Says of a request whether it prolongs the life of the session that it reads: `false` for polling and the like.
   * Default: each does.
   */
  readonly touch?: ((request: Request) => boolean) | undefined;
}

/**
 * A middleware that can be closed, knows the sessions of users (`revokeUser`, `ofUser`, `end`, with the option
 * `userOf`), and tells readiness probes how it is (`ready()`, `state`).
 */
export interface SessionsMiddleware extends SessionsOfUsers, SessionsHealth {
  /** For an upgrade to WebSocket, whose head nobody writes, `response` may be an empty object. */
  (request: IncomingMessage, response: ServerResponse | object, next: Next): void;
  /** Closes what `servers` opened, when the application's server has closed. Twice does no harm. */
  close(): Promise<void>;
}

/**
 * Gives every request a `req.session`, for the middleware after this one.
 *
 * The answer waits until the session is saved, however it is sent: `res.json`, `res.sendFile`, a stream that is piped,
 * `res.writeHead`. Where it can't be saved, the error goes to the application's error handlers in place of the answer.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`.
 */
export function sessions(given: ExpressSessionsOptions): SessionsMiddleware {
  const { ignore, touch, ...options } = given ?? {};
  checkFunction('ignore', ignore, 'true where no session is needed');
  checkFunction('touch', touch, 'false where reading the session does not prolong its life');
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

/** What all requests of an application have in common: the outermost of nested applications, or the server. */
function applicationOf({ app, socket }: Request): object {
  let outermost: { readonly parent?: object } | undefined = app as { readonly parent?: object } | undefined;
  while (outermost?.parent !== undefined) outermost = outermost.parent;
  return outermost ?? (socket as { readonly server?: object }).server ?? UNKNOWN;
}

const UNKNOWN = {};

/** @throws {SessionError} `SESS_BAD_OPTION` */
function checkFunction(name: string, given: unknown, returns: string): void {
  if (given === undefined || typeof given === 'function') return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    `option "${name}" is ${typeof given}; expected a function of the request that returns ${returns}`,
  );
}
