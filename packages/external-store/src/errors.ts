import { SessionError } from '@sess/session';

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

/** Survives two copies of this package in one process, where `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/external-store.error');

/** Every error of the stores. `code` is stable; the text is for people. Never names an id, a key or a value. */
export class StoreError extends SessionError {
  declare readonly code: StoreErrorCode;

  protected static override readonly title: string = 'StoreError';

  constructor(code: StoreErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
    super(code, message, details);
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static override is(error: unknown): error is StoreError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** Throws an error of `@sess/session` as one of this package. */
export function rethrow(error: unknown): never {
  if (!SessionError.is(error) || StoreError.is(error)) throw error;
  // The others are of requests, or of a signal: nothing here gives the store one.
  throw new StoreError(error.code as StoreErrorCode, error.message, { cause: error.cause });
}

/** What an item's failures say, where the words of `@sess/session` are of a session. */
const OF_ITEMS: Readonly<Partial<Record<string, string>>> = {
  SESS_UNAVAILABLE: 'memcached: out of reach: no answer, or none that can be used',
  SESS_TOO_LARGE: 'memcached: the item is larger than what it takes; nothing was stored',
};

/** Throws an error of `@sess/session` as one of this package that speaks of an item. */
export function rethrowOfItem(error: unknown): never {
  if (!SessionError.is(error) || StoreError.is(error)) throw error;
  const message = OF_ITEMS[error.code] ?? error.message;
  throw new StoreError(error.code as StoreErrorCode, message, { cause: error.cause });
}
