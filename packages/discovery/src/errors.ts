/** Why a look found no topology, or why discovery was not started. */
export type DiscoveryErrorCode =
  /** No complete answer within `timeoutMs`. */
  | 'SESS_DISCOVERY_TIMEOUT'
  /** The name could not be resolved, or the connection was refused, lost or closed without an answer. */
  | 'SESS_DISCOVERY_UNREACHABLE'
  /**
   * TLS could not be agreed: certificate not trusted, for another name or expired, or the server does not speak TLS.
   */
  | 'SESS_DISCOVERY_TLS'
  /** The server refused the credentials, or asks for some. */
  | 'SESS_DISCOVERY_AUTH'
  /** The server answered with an error of its own, or is no configuration endpoint (any more). */
  | 'SESS_DISCOVERY_SERVER'
  /**
   * The answer was not what the protocol allows: truncated, too large, or a list that can't be read. It was not
   * applied.
   */
  | 'SESS_DISCOVERY_MALFORMED'
  /** The answer was sound but names no node. It was not applied. */
  | 'SESS_DISCOVERY_EMPTY'
  /** The watch was closed before there was an answer. */
  | 'SESS_DISCOVERY_CLOSED'
  /** The listener's `topology` threw; `cause` is what it threw. The watch goes on. */
  | 'SESS_DISCOVERY_LISTENER'
  /** An argument or option is wrong. Thrown where it was given. */
  | 'SESS_BAD_OPTION';

/** Whether the same can succeed later without anyone changing code, credentials or certificates. */
export const RETRYABLE: Readonly<Record<DiscoveryErrorCode, boolean>> = {
  SESS_DISCOVERY_TIMEOUT: true,
  SESS_DISCOVERY_UNREACHABLE: true,
  SESS_DISCOVERY_TLS: false,
  SESS_DISCOVERY_AUTH: false,
  SESS_DISCOVERY_SERVER: true,
  SESS_DISCOVERY_MALFORMED: true,
  SESS_DISCOVERY_EMPTY: true,
  SESS_DISCOVERY_CLOSED: false,
  SESS_DISCOVERY_LISTENER: false,
  SESS_BAD_OPTION: false,
};

/** Survives two copies of this package in one process, where `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/discovery.error');

/** Every error of this package. `code` is stable; the text is for people. Never names a credential. */
export class DiscoveryError extends Error {
  readonly code: DiscoveryErrorCode;
  /** What was asked: `host:port` of an endpoint, or a DNS name. `undefined` for a wrong option. */
  readonly endpoint: string | undefined;
  /** Whether the same can succeed later by itself. The watch looks again in either case. */
  readonly retryable: boolean;

  constructor(
    code: DiscoveryErrorCode,
    message: string,
    details: { readonly endpoint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'DiscoveryError';
    this.code = code;
    this.endpoint = details.endpoint;
    this.retryable = RETRYABLE[code];
  }

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static is(error: unknown): error is DiscoveryError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}
