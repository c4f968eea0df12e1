/** The codes of {@link LocalClusterError}. */
export type LocalClusterErrorCode =
  /** An option is wrong, or the chosen runtime does not support it. */
  | 'SESS_BAD_OPTION'
  /** No runtime works here, or not the requested one. */
  | 'SESS_NO_RUNTIME'
  /** A node or the configuration endpoint did not start. */
  | 'SESS_START_FAILED'
  /** Another server listens on the port. */
  | 'SESS_PORT_IN_USE'
  /** No node of the cluster has this id. */
  | 'SESS_UNKNOWN_NODE'
  /** The node's state does not allow this, for example pausing a crashed node. */
  | 'SESS_NODE_STATE'
  /** The last node can't be removed: the list is never empty. */
  | 'SESS_LAST_NODE'
  /** The cluster has the maximum number of nodes. */
  | 'SESS_TOO_MANY_NODES'
  /** A node could not be stopped, paused or resumed. */
  | 'SESS_NODE_CONTROL'
  /** The cluster was closed. */
  | 'SESS_CLOSED';

/** Works across two copies of this package in one process, unlike `instanceof`. */
const BRAND: symbol = Symbol.for('@sess/local-cluster.error');

/** Every error of this package. `code` is stable; the text is for people and says what to do. */
export class LocalClusterError extends Error {
  readonly code: LocalClusterErrorCode;

  constructor(code: LocalClusterErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'LocalClusterError';
    this.code = code;
  }

  /** Whether `error` is of this package, or of another copy of it. */
  static is(error: unknown): error is LocalClusterError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}
