/** The codes of {@link HashRingError}. */
export type HashRingErrorCode =
  /** The distribution has no nodes, so a key has no owner. */
  | 'SESS_NO_NODES'
  /** A node's id, weight, zone or address is invalid, or an id occurs twice. */
  | 'SESS_BAD_NODE'
  /** An option has an invalid value, or is unknown. */
  | 'SESS_BAD_OPTION'
  /** The key is not a string. */
  | 'SESS_BAD_KEY'
  /** The requested number of owners is not a whole number from 0. */
  | 'SESS_BAD_COUNT';

/** Works across two copies of this package in one process, unlike `instanceof`. */
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

  /** Whether `error` is of this package, or of another copy of it. */
  static is(error: unknown): error is HashRingError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

const LONGEST_SHOWN = 80;

/** Formats an unexpected value, short enough for a message. */
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
