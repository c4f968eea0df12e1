import { briefCause } from './brief-cause.ts';

/** The kinds of errors. A missing session is not one of them: it is a value. */
export type SessionErrorCode =
  /** An option is missing, unknown or out of range. Thrown where the options are given. */
  | 'SESS_BAD_OPTION'
  /** Sessions were registered a second time for the same application or scope. */
  | 'SESS_REGISTERED_TWICE'
  /** The store did not answer, so it is unknown whether the session exists. */
  | 'SESS_UNAVAILABLE'
  /** Other requests kept changing the session while this one tried to save it; or `onConflict` is `'error'`. */
  | 'SESS_CONFLICT'
  /**
   * The session was destroyed, got another id or expired while this request ran. The operation would have revived it.
   */
  | 'SESS_DESTROYED'
  /**
   * The encoded data is larger than `maxBytes`: nothing was sent, and the stored session is unchanged. Or it is larger
   * than memcached accepts: see docs/errors.md.
   */
  | 'SESS_TOO_LARGE'
  /**
   * `session.data` holds something that JSON or the codec can't represent, or is not a plain object: nothing was sent.
   * Or the user's name is not valid, or a database behind the cache refuses the data.
   */
  | 'SESS_BAD_DATA'
  /** The stored bytes can't be decoded. Only in diagnostics: the session counts as a miss. */
  | 'SESS_UNDECODABLE'
  /**
   * The session got another id while this request was in flight with the old one, which only allows reading
   * (`graceSeconds`).
   */
  | 'SESS_READ_ONLY'
  /** The operation needs an option that was not given, or another store. */
  | 'SESS_NOT_SUPPORTED'
  /** `userOf` returned no user for the session. */
  | 'SESS_NO_USER'
  /** The headers were sent already, so the cookie of a new session or a new id can't reach the browser. */
  | 'SESS_HEADERS_SENT'
  /** The caller's `AbortSignal` fired. A write may or may not have happened. */
  | 'SESS_ABORTED'
  /** The store was closed. */
  | 'SESS_CLOSED'
  /** The store refused the request; `cause` says why. */
  | 'SESS_STORE';

interface Kind {
  /** The HTTP status that an adapter answers with if nobody handles the error. */
  readonly statusCode: number;
  /** Whether a retry can succeed. */
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

/** `Retry-After` of `SESS_UNAVAILABLE`: about as long as a client takes to notice that a node is back. */
const RETRY_AFTER_SECONDS = 5;

/** Works with two copies of this package in one process; `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/session.error');

/**
 * Every error of this package and the adapters. `code` is stable; the text is for people. It never contains an id, a
 * key, a value or a secret.
 */
export class SessionError extends Error {
  readonly code: SessionErrorCode;
  /** The matching HTTP status: 503, 409 or 500. The framework answers with it if nobody handles the error. */
  readonly statusCode: number;
  /** The same, under the name that Koa and error handlers for Express read. */
  readonly status: number;
  /** Whether a retry can succeed. */
  readonly retryable: boolean;
  /** `Retry-After` with `SESS_UNAVAILABLE`. The framework sends it if nobody handles the error. */
  readonly headers?: Readonly<Record<string, string>>;

  /** The value of `name`. */
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
    // Frameworks log the stack with each failed request, and this one says nothing of use.
    this.stack = `${this.name}: ${message}`;
  }

  /**
   * `false`: by the convention of http-errors the text is for logs. NestJS uses an error's status only if this property
   * exists.
   */
  get expose(): boolean {
    return false;
  }

  /** Whether `error` is a `SessionError`, of any copy of this package. */
  static is(error: unknown): error is SessionError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** Whether `error` is a `SessionError` with this code. */
export function hasCode(error: unknown, code: SessionErrorCode): error is SessionError {
  return SessionError.is(error) && error.code === code;
}
