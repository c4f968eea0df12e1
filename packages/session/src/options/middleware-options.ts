import { SessionError } from '../errors.ts';
import type { SessionsOptions } from './options.ts';
import { sessionsOptions } from './resolve-options.ts';

/** The options of `createSessions`, and two functions that choose requests: for frameworks without settings of a route. */
export interface MiddlewareOptions<Request> extends SessionsOptions {
  /** Returns `true` for a request that needs no session, and gets none. Default: no request is excluded. */
  readonly ignore?: ((request: Request) => boolean) | undefined;
  /**
   * Returns whether a request extends the session's idle timeout: `false` for polling, for example. Default: every
   * request does.
   */
  readonly touch?: ((request: Request) => boolean) | undefined;
}

/**
 * A copy of the options of a middleware, whose own two are checked.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function middlewareOptions<T extends MiddlewareOptions<never>>(given: T): T {
  refuseRequest(given);
  const options = sessionsOptions(given);
  checkFunction('ignore', options.ignore, 'true for a request that needs no session');
  checkFunction('touch', options.touch, 'false for a request that does not extend the session');
  return options;
}

/** `app.use(sessions)`, without a call, passes each request, or its context, here in place of the options. */
function refuseRequest(given: unknown): void {
  if (typeof given !== 'object' || given === null || !('headers' in given || 'req' in given)) return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    'sessions got a request in place of options: call it, app.use(sessions({ servers, secret })). What it returns is the middleware',
  );
}

function checkFunction(name: string, given: unknown, returns: string): void {
  if (given === undefined || typeof given === 'function') return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    `option "${name}" is ${typeof given}; expected a function of the request that returns ${returns}`,
  );
}
