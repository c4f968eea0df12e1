import type { IncomingMessage } from 'node:http';
import { SessionError, type Session } from '@sess/session';
import type { Answer } from './answer.ts';

/** The property of a request that holds its {@link Answer}. */
const ANSWER: unique symbol = Symbol('@sess/express-middleware.answer');

type SessionRequest = IncomingMessage & { [ANSWER]?: Answer };

export function answerOf(request: IncomingMessage): Answer | undefined {
  return (request as SessionRequest)[ANSWER];
}

/** Shared by all requests. */
const SESSION: PropertyDescriptor = { configurable: true, get: sessionOf, set: refuseAssignment };

/**
 * Gives the request its `session`.
 *
 * @throws {SessionError} `SESS_REGISTERED_TWICE`
 */
export function giveSession(request: IncomingMessage, answer: Answer): void {
  if ('session' in request) throw registeredTwice();
  (request as SessionRequest)[ANSWER] = answer;
  Object.defineProperty(request, 'session', SESSION);
}

export function registeredTwice(): SessionError {
  return new SessionError(
    'SESS_REGISTERED_TWICE',
    'req.session exists already: two sessions() of @sess/express-middleware, or another session middleware, met this request, or something before it ' +
      'set req.session. Use one of them, before what needs a session; on several routers use the same one',
  );
}

/** Never throws: loggers and error handlers read it at any time. */
function sessionOf(this: SessionRequest): Session | undefined {
  return this[ANSWER]?.sessionInUse();
}

function refuseAssignment(): never {
  throw new SessionError(
    'SESS_BAD_DATA',
    'req.session can not be assigned: put data into req.session.data; to log out, await req.session.destroy()',
  );
}
