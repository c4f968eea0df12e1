/** Errors of a request whose session was destroyed, replaced or out of reach, or whose headers were sent. */
import { SessionError } from '../errors.ts';

/** The error for a session that another request ended. */
export function gone(): SessionError {
  return new SessionError(
    'SESS_DESTROYED',
    'the session was destroyed, got another id or expired while this request ran',
  );
}

/**
 * The error for a session that is out of reach. It names no node, because it may reach the browser. Its `cause`, for
 * logs, is the cause of the store's error, because the store's error itself says no more than this one.
 */
export function unavailable(error: SessionError): SessionError {
  return new SessionError(
    'SESS_UNAVAILABLE',
    'the session could not be loaded, because its store is out of reach; the browser keeps its cookie: try again in a few seconds',
    { cause: error.cause ?? error },
  );
}

/** The error for a change by a request whose id was replaced. */
export function readOnly(): SessionError {
  return new SessionError(
    'SESS_READ_ONLY',
    'the session got a new id while this request was in flight with the old one, which only allows reading (graceSeconds); the browser has the new id: try again',
  );
}

/** The error for a cookie that comes after the headers were sent. */
export function late(what: string): SessionError {
  return new SessionError(
    'SESS_HEADERS_SENT',
    `the headers of the response were sent already: ${what} can not reach the browser any more`,
  );
}
