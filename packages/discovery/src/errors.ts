/** Why a look found no topology, or why discovery did not start. */
export type DiscoveryErrorCode =
  /** No complete answer within `timeoutMs`. */
  | 'SESS_DISCOVERY_TIMEOUT'
  /** The name could not be resolved, or the connection was refused, lost or closed without an answer. */
  | 'SESS_DISCOVERY_UNREACHABLE'
  /**
   * The TLS handshake failed: the certificate is not trusted, for another name or expired, or the server does not speak
   * TLS.
   */
  | 'SESS_DISCOVERY_TLS'
  /** The server refused the credentials, or requires some. */
  | 'SESS_DISCOVERY_AUTH'
  /** The server answered with an error, or is not a configuration endpoint (any more). */
  | 'SESS_DISCOVERY_SERVER'
  /** The answer violates the protocol: it is truncated, too large, or its list can't be parsed. It was not applied. */
  | 'SESS_DISCOVERY_MALFORMED'
  /** The answer was valid but lists no node. It was not applied. */
  | 'SESS_DISCOVERY_EMPTY'
  /** The zone of a node of a new list is unknown: AWS did not return it. The list was not applied. */
  | 'SESS_DISCOVERY_ZONES'
  /** The watch was closed before an answer came. */
  | 'SESS_DISCOVERY_CLOSED'
  /** A method of the listener threw; `cause` is its error. The watch continues. */
  | 'SESS_DISCOVERY_LISTENER'
  /** An argument or option is wrong. Thrown where it is given. */
  | 'SESS_BAD_OPTION';

/** Whether a retry can succeed without a change of code, credentials or certificates. */
export const RETRYABLE: Readonly<Record<DiscoveryErrorCode, boolean>> = {
  SESS_DISCOVERY_TIMEOUT: true,
  SESS_DISCOVERY_UNREACHABLE: true,
  SESS_DISCOVERY_TLS: false,
  SESS_DISCOVERY_AUTH: false,
  SESS_DISCOVERY_SERVER: true,
  SESS_DISCOVERY_MALFORMED: true,
  SESS_DISCOVERY_EMPTY: true,
  SESS_DISCOVERY_ZONES: true,
  SESS_DISCOVERY_CLOSED: false,
  SESS_DISCOVERY_LISTENER: false,
  SESS_BAD_OPTION: false,
};

/** Works with two copies of this package in one process; `instanceof` does not. */
const BRAND: symbol = Symbol.for('@sess/discovery.error');

/** Every error of this package. `code` is stable; the text is for people. It never contains a credential. */
export class DiscoveryError extends Error {
  readonly code: DiscoveryErrorCode;
  /** The endpoint (`host:port`) or DNS name that was asked. `undefined` for a wrong option. */
  readonly endpoint: string | undefined;
  /** Whether a retry can succeed. The watch looks again in either case. */
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

  /** Whether `error` is a `DiscoveryError`, of any copy of this package. */
  static is(error: unknown): error is DiscoveryError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}
