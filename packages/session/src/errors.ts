import { briefCause } from './brief-cause.ts';

/** What went wrong. A session that is not there is never among these: it is a value. */
export type SessionErrorCode =
  /** An option is missing, unknown or out of range. Thrown where the options are given. */
  | 'SESS_BAD_OPTION'
  /** Sessions are registered a second time for the same application or scope. */
  | 'SESS_REGISTERED_TWICE'
  /** No answer from the store. Says nothing about whether the session exists. */
  | 'SESS_UNAVAILABLE'
  /** The session was changed by others, again and again, while it was being saved. */
  | 'SESS_CONFLICT'
  /**
   * The session was destroyed, got another id or expired while this request ran. What was asked would have brought it
   * back.
   */
  | 'SESS_DESTROYED'
  /** The encoded data is larger than `maxBytes`; nothing was sent, and what was stored is still there. */
  | 'SESS_TOO_LARGE'
  /** `session.data` holds something that JSON can't carry, or is not a plain object; nothing was sent. */
  | 'SESS_BAD_DATA'
  /** What is stored can't be decoded. Only in diagnostics: the session counts as a miss. */
  | 'SESS_UNDECODABLE'
  /**
   * The session got another id while this request was on its way with the old one, which is good for reading only
   * (`graceSeconds`).
   */
  | 'SESS_READ_ONLY'
  /** What was asked needs an option, or a store, that is not there. */
  | 'SESS_NOT_SUPPORTED'
  /** The session has no user, by what `userOf` says. */
  | 'SESS_NO_USER'
  /** The headers have left: a new session, or a new id, could not reach the browser any more. */
  | 'SESS_HEADERS_SENT'
  /** The caller's `AbortSignal` fired. A write may or may not have happened. */
  | 'SESS_ABORTED'
  /** The store was closed. */
  | 'SESS_CLOSED'
  /** The store refused the request itself; `cause` tells why. */
  | 'SESS_STORE';

interface Kind {
  /** The HTTP status that an adapter answers with when nobody handles the error. */
  readonly statusCode: number;
  /** Whether trying the same again later can help. */
  readonly retryable: boolean;
}

const KINDS: Readonly<Record<SessionErrorCode, Kind>> = {
  SESS_BAD_OPTION: { statusCode: 500, retryable: false },
  SESS_REGISTERED_TWICE: { statusCode: 500, retryable: false },
  SESS_UNAVAILABLE: { statusCode: 503, retryable: true },
  SESS_CONFLICT: { statusCode: 409, retryable: true },
  SESS_DESTROYED: { statusCode: 409, retryable: false },
  SESS_TOO_LARGE: { statusCode: 500, retryable: false },
  SESS_BAD_DATA: { statusCode: 500, retryable: false },
  SESS_UNDECODABLE: { statusCode: 500, retryable: false },
  SESS_READ_ONLY: { statusCode: 409, retryable: true },
  SESS_NOT_SUPPORTED: { statusCode: 500, retryable: false },
  SESS_NO_USER: { statusCode: 500, retryable: false },
  SESS_HEADERS_SENT: { statusCode: 500, retryable: false },
  SESS_ABORTED: { statusCode: 500, retryable: false },
  SESS_CLOSED: { statusCode: 503, retryable: false },
  SESS_STORE: { statusCode: 500, retryable: false },
};

/**
 * How long a browser is asked to wait after `SESS_UNAVAILABLE`: about as long as a client takes to notice that a node
 * is back.
 */
const RETRY_AFTER_SECONDS = 5;

/** Survives two copies of this package in one process, where `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/session.error');

/**
 * Every error of this package and the adapters. `code` is stable; the text is for people. Never names an id, a key, a
 * value or a secret.
 */
export class SessionError extends Error {
  readonly code: SessionErrorCode;
  /** The HTTP status that fits: 503, 409 or 500. The framework answers with it when nobody handles the error. */
  readonly statusCode: number;
  /** The same, where Koa and error handlers for Express look for it. */
  readonly status: number;
  /** Whether trying the same again later can help. */
  readonly retryable: boolean;
  /**
   * Headers that fit: `Retry-After` with `SESS_UNAVAILABLE`. The framework sends them when nobody handles the error.
   */
  readonly headers?: Readonly<Record<string, string>>;

  /** What `name` says. */
  protected static readonly title: string = 'SessionError';

  constructor(code: SessionErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
    const isOutage = code === 'SESS_UNAVAILABLE';
    super(
      message,
      details.cause === undefined ? undefined : { cause: isOutage ? briefCause(details.cause) : details.cause },
    );
    Object.defineProperty(this, BRAND, { value: true });
    this.name = new.target.title;
    this.code = code;
    this.statusCode = KINDS[code].statusCode;
    this.status = this.statusCode;
    this.retryable = KINDS[code].retryable;
    if (!isOutage) return;
    this.headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
    // Each failed request is logged with it. Where it was made tells nothing.
    this.stack = `${this.name}: ${message}`;
  }

  /**
   * `false`: by the convention of http-errors the text is for logs. NestJS takes an error's status only where this is
   * said.
   */
  get expose(): boolean {
    return false;
  }

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static is(error: unknown): error is SessionError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** Whether `error` is a `SessionError` of one kind. */
export function hasCode(error: unknown, code: SessionErrorCode): error is SessionError {
  return SessionError.is(error) && error.code === code;
}
