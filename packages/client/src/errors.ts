/** Why an operation failed. A miss is not an error: it is a value. */
export type SessClientErrorCode =
  /** No answer within `timeoutMs`, or no connection within `connectTimeoutMs`. A write may or may not have happened. */
  | 'SESS_TIMEOUT'
  /** The connection was refused, lost or could not be made. A pending write may or may not have happened. */
  | 'SESS_CONNECTION'
  /** The reply broke the protocol; the connection was closed. */
  | 'SESS_PROTOCOL'
  /** The node answered with an error (busy, unknown command). */
  | 'SESS_SERVER'
  /** The node has no memory left for the value. It still answers reads; the old item under the key may be gone. */
  | 'SESS_OUT_OF_MEMORY'
  /** The node refused the credentials, or requires some. */
  | 'SESS_AUTH'
  /** No node that could answer is in reach. The key may or may not exist. */
  | 'SESS_UNAVAILABLE'
  /** A conditional write found a newer record, an unexpected item, or a tombstone. */
  | 'SESS_CONFLICT'
  /** A bound on queued requests or bytes is reached; nothing was sent. */
  | 'SESS_OVERLOADED'
  /** The caller's `AbortSignal` fired. A write may or may not have happened. */
  | 'SESS_ABORTED'
  /** The client was closed or destroyed. */
  | 'SESS_CLOSED'
  /** The key is not 1 to 250 bytes of printable ASCII without space; nothing was sent. */
  | 'SESS_BAD_KEY'
  /** The value is not a Uint8Array, or a number (time to live, flags) is out of range; nothing was sent. */
  | 'SESS_BAD_VALUE'
  /**
   * The value is larger than `maxValueBytes` or the node's limit. Usually nothing was sent and the old item is still
   * there; the message then says so.
   */
  | 'SESS_TOO_LARGE'
  /** An option of `createClient` is wrong. */
  | 'SESS_BAD_OPTION';

/** Whether trying the same again later can help. */
const RETRYABLE: Readonly<Record<SessClientErrorCode, boolean>> = {
  SESS_TIMEOUT: true,
  SESS_CONNECTION: true,
  SESS_PROTOCOL: true,
  SESS_SERVER: true,
  SESS_OUT_OF_MEMORY: true,
  SESS_AUTH: false,
  SESS_UNAVAILABLE: true,
  SESS_CONFLICT: false,
  SESS_OVERLOADED: true,
  SESS_ABORTED: false,
  SESS_CLOSED: false,
  SESS_BAD_KEY: false,
  SESS_BAD_VALUE: false,
  SESS_TOO_LARGE: false,
  SESS_BAD_OPTION: false,
};

/** All codes. */
export const ERROR_CODES: readonly SessClientErrorCode[] = Object.keys(RETRYABLE) as SessClientErrorCode[];

/** Works across two copies of this package in one process, unlike `instanceof`. */
const BRAND: symbol = Symbol.for('@sess/client.error');

/** Every error of this package. `code` is stable; the text is for people. Never names a key, a value or a secret. */
export class SessClientError extends Error {
  readonly code: SessClientErrorCode;
  /** `host:port` of the node concerned, if there is one. */
  readonly node: string | undefined;
  /** Whether trying the same again later can help. */
  readonly retryable: boolean;

  constructor(
    code: SessClientErrorCode,
    message: string,
    details: { readonly node?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'SessClientError';
    this.code = code;
    this.node = details.node;
    this.retryable = RETRYABLE[code];
  }

  /** Whether `error` is of this package, or of another copy of it. */
  static is(error: unknown): error is SessClientError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** The error of an operation on a closed or destroyed client. */
export function closed(): SessClientError {
  return new SessClientError('SESS_CLOSED', 'The client was closed; nothing was sent.');
}

/** A node refused a value for its size or for lack of memory. The node itself is well. */
export type RefusedValue = SessClientError & { readonly code: 'SESS_TOO_LARGE' | 'SESS_OUT_OF_MEMORY' };

export function refusedValue(error: unknown): error is RefusedValue {
  return SessClientError.is(error) && (error.code === 'SESS_TOO_LARGE' || error.code === 'SESS_OUT_OF_MEMORY');
}
