/** Why a distribution could not be made or asked. */
export type HashRingErrorCode =
  /** A key was asked for its owner, and there are no nodes. */
  | 'SESS_NO_NODES'
  /** A node's id, weight or address is wrong, or an id is there twice. */
  | 'SESS_BAD_NODE'
  /** An option has a value it cannot have, or is not known. */
  | 'SESS_BAD_OPTION'
  /** The key is not a string. */
  | 'SESS_BAD_KEY'
  /** The number of owners asked for is not a whole number from 0. */
  | 'SESS_BAD_COUNT';

/** Survives two copies of this package in one process, where `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/hash-ring.error');

/** Every error of this package. `code` is stable; the text is for people. Never names a key. */
export class HashRingError extends Error {
  readonly code: HashRingErrorCode;
  /** Always `false`: the same call fails again. */
  readonly retryable: false = false;

  constructor(code: HashRingErrorCode, message: string) {
    super(message);
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'HashRingError';
    this.code = code;
  }

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static is(error: unknown): error is HashRingError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

const LONGEST_SHOWN = 80;

/** What came instead of what was expected, short enough for a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
  }
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  return String(value);
}
