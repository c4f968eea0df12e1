import { SessClientError, type SessClientErrorCode } from '@sess/client';

/** Why a session could not be read or written. A session that is not there is never among these: it is a value. */
export type StoreErrorCode =
  /** An option is missing, unknown or out of range. Thrown where the options are given. */
  | 'SESS_BAD_OPTION'
  /** No answer from the cluster. Says nothing about whether the session exists. */
  | 'SESS_UNAVAILABLE'
  /** Others kept saving first; or a new session was given an id that was destroyed before. */
  | 'SESS_CONFLICT'
  /** The session is larger than the client's `maxValueBytes`; nothing was sent, and what was stored is still there. */
  | 'SESS_TOO_LARGE'
  /** The session, or its id, is nothing that can be stored; nothing was sent. */
  | 'SESS_BAD_DATA'
  /** The client was closed. */
  | 'SESS_CLOSED'
  /** The client refused the request itself; `cause` tells why. */
  | 'SESS_STORE';

interface Kind {
  /** What a framework answers with when nobody handles the error. */
  readonly statusCode: number;
  /** Whether trying the same again later can help. */
  readonly retryable: boolean;
}

const KINDS: Readonly<Record<StoreErrorCode, Kind>> = {
  SESS_BAD_OPTION: { statusCode: 500, retryable: false },
  SESS_UNAVAILABLE: { statusCode: 503, retryable: true },
  SESS_CONFLICT: { statusCode: 409, retryable: true },
  SESS_TOO_LARGE: { statusCode: 500, retryable: false },
  SESS_BAD_DATA: { statusCode: 500, retryable: false },
  SESS_CLOSED: { statusCode: 503, retryable: false },
  SESS_STORE: { statusCode: 500, retryable: false },
};

/** About as long as a client takes to notice that a node is back. */
const RETRY_AFTER_SECONDS = 5;

/** Survives two copies of this package in one process, where `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/external-store.error');

/** Every error of the stores. `code` is stable; the text is for people. Never names an id, a key or a value. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** The HTTP status that fits, for Fastify and Express. */
  readonly statusCode: number;
  /** The same, where Koa looks for it. */
  readonly status: number;
  /** Whether trying the same again later can help. */
  readonly retryable: boolean;
  /** `Retry-After` with `SESS_UNAVAILABLE`. Express, Fastify and Koa send it when nobody handles the error. */
  readonly headers?: Readonly<Record<string, string>>;

  constructor(code: StoreErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'StoreError';
    this.code = code;
    this.statusCode = KINDS[code].statusCode;
    this.status = this.statusCode;
    this.retryable = KINDS[code].retryable;
    if (code === 'SESS_UNAVAILABLE') this.headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
  }

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static is(error: unknown): error is StoreError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** What the client's failures mean for a session. No answer, for whatever reason, is `SESS_UNAVAILABLE`. */
const MEANING: Readonly<Record<SessClientErrorCode, StoreErrorCode>> = {
  SESS_TIMEOUT: 'SESS_UNAVAILABLE',
  SESS_CONNECTION: 'SESS_UNAVAILABLE',
  SESS_PROTOCOL: 'SESS_UNAVAILABLE',
  SESS_SERVER: 'SESS_UNAVAILABLE',
  SESS_OUT_OF_MEMORY: 'SESS_UNAVAILABLE',
  SESS_AUTH: 'SESS_UNAVAILABLE',
  SESS_UNAVAILABLE: 'SESS_UNAVAILABLE',
  SESS_OVERLOADED: 'SESS_UNAVAILABLE',
  SESS_ABORTED: 'SESS_STORE',
  SESS_CONFLICT: 'SESS_CONFLICT',
  SESS_CLOSED: 'SESS_CLOSED',
  SESS_TOO_LARGE: 'SESS_TOO_LARGE',
  SESS_BAD_KEY: 'SESS_STORE',
  SESS_BAD_VALUE: 'SESS_STORE',
  SESS_BAD_OPTION: 'SESS_STORE',
};

/** Why, in words that may reach a browser: the client's own, in `cause`, name nodes. */
const REASONS: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  SESS_UNAVAILABLE: 'the session store is out of reach: no answer, or none that can be used',
  SESS_CONFLICT: 'the session is not the one that was expected',
  SESS_TOO_LARGE: 'the session is larger than what memcached takes',
  SESS_CLOSED: 'the client of memcached was closed',
};

/** Throws what the client threw in the words of this package. */
export function rethrow(error: unknown): never {
  if (!SessClientError.is(error)) throw error;
  const code: StoreErrorCode = MEANING[error.code] ?? 'SESS_STORE';
  throw new StoreError(code, `memcached: ${REASONS[code] ?? 'the client refused the request'}`, { cause: error });
}

/** Whether the client says that what a write expected does not hold. */
export function isConflict(error: unknown): boolean {
  return SessClientError.is(error) && error.code === 'SESS_CONFLICT';
}
