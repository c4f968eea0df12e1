/** Why a cluster could not do what it was asked. */
export type LocalClusterErrorCode =
  /** An option is wrong, or the chosen runtime cannot do what it asks for. */
  | 'SESS_BAD_OPTION'
  /** No way of running memcached works here, or not the one that was asked for. */
  | 'SESS_NO_RUNTIME'
  /** A node, or the configuration endpoint, did not start. */
  | 'SESS_START_FAILED'
  /** Something else listens on the port. */
  | 'SESS_PORT_IN_USE'
  /** No node of the cluster has this id. */
  | 'SESS_UNKNOWN_NODE'
  /** The node is in a state in which it can't do this: pausing one that crashed, for instance. */
  | 'SESS_NODE_STATE'
  /** The last node can't be removed: the configuration never lists nothing. */
  | 'SESS_LAST_NODE'
  /** The cluster has as many nodes as it may have. */
  | 'SESS_TOO_MANY_NODES'
  /** A node could not be stopped, frozen or thawed. */
  | 'SESS_NODE_CONTROL'
  /** The cluster was closed. */
  | 'SESS_CLOSED';

/** Survives two copies of this package in one process, where `instanceof` does not. */
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

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static is(error: unknown): error is LocalClusterError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}
