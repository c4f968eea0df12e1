import { SessionError } from '@sess/session';

/** The kinds of errors. A missing session is not one of them: it is a value. */
export type StoreErrorCode =
  /** An option is missing, unknown or out of range. Thrown where the options are given. */
  | 'SESS_BAD_OPTION'
  /** The cluster did not answer, so it is unknown whether the session exists. */
  | 'SESS_UNAVAILABLE'
  /** Others kept saving first; or a new session has the id of one that was destroyed. */
  | 'SESS_CONFLICT'
  /**
   * The session is larger than the client's `maxValueBytes`: nothing was sent, and the stored session is unchanged. Or
   * it is larger than a node accepts: see docs/errors.md.
   */
  | 'SESS_TOO_LARGE'
  /** The session or its id can't be stored. Nothing was sent. */
  | 'SESS_BAD_DATA'
  /** The client was closed. */
  | 'SESS_CLOSED'
  /** The client refused the request; `cause` says why. */
  | 'SESS_STORE';

/** Works with two copies of this package in one process; `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/external-store.error');

/** Every error of the stores. `code` is stable; the text is for people. It never contains an id, a key or a value. */
export class StoreError extends SessionError {
  declare readonly code: StoreErrorCode;

  protected static override readonly title: string = 'StoreError';

  constructor(code: StoreErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
    super(code, message, details);
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `error` is a `StoreError`, of any copy of this package. */
  static override is(error: unknown): error is StoreError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** Rethrows an error of `@sess/session` as one of this package. */
export function rethrow(error: unknown): never {
  if (!SessionError.is(error) || StoreError.is(error)) throw error;
  // The other codes come from requests and signals, which this package does not use.
  throw new StoreError(error.code as StoreErrorCode, error.message, { cause: error.cause });
}

/** Texts for items, because those of `@sess/session` speak of sessions. */
const OF_ITEMS: Readonly<Partial<Record<string, string>>> = {
  SESS_UNAVAILABLE: 'memcached: out of reach: no answer, or none that can be used',
  SESS_TOO_LARGE: 'memcached: the item is larger than memcached accepts; nothing was stored',
};

/** Rethrows an error of `@sess/session` as one of this package, with a text for items. */
export function rethrowOfItem(error: unknown): never {
  if (!SessionError.is(error) || StoreError.is(error)) throw error;
  const isWithoutMemory = error.cause instanceof Error && Reflect.get(error.cause, 'code') === 'SESS_OUT_OF_MEMORY';
  const message = (isWithoutMemory ? undefined : OF_ITEMS[error.code]) ?? error.message;
  throw new StoreError(error.code as StoreErrorCode, message, { cause: error.cause });
}
