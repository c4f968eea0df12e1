/**
 * The tracing channels of this package: one for each operation, named and filled as clients of databases do it, so that
 * tracers need to patch nothing. No context holds a key, a value or a secret, and none is made while nobody listens.
 *
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel';
 * tracingChannel('@sess/client:get').subscribe({ start(context) { ... }, asyncEnd(context) { ... } });
 * ```
 */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/** What the five events of one operation share. The names in brackets are OpenTelemetry's. */
export interface OperationContext {
  /** `db.system.name` */
  readonly system: 'memcached';
  /** `db.operation.name` */
  readonly operation: ClientOperation;
  /**
   * The node that owns the key (`server.address`): its name, or the path of its Unix socket. `undefined` before the first
   * topology. Of several nodes that are asked, this is the first; the channel `sess:client:request` has each.
   */
  readonly serverAddress: string | undefined;
  /** `server.port`; `undefined` for a Unix socket. */
  readonly serverPort: number | undefined;
  /** Where discovery knows the node's address beside its name (`network.peer.address`). */
  readonly peerAddress: string | undefined;
  /** When the operation succeeded: what came of it. */
  readonly result?: OperationResult;
  /** When it failed. Its `code` is the `error.type`. */
  readonly error?: unknown;
}

export type ClientOperation = 'get' | 'set' | 'touch' | 'delete';

/** `miss`: there was nothing to read, to touch or to delete. */
export type OperationResult = 'hit' | 'miss' | 'stored';

/** A node, as far as a context shows it. */
export interface TracedNode {
  readonly host: string;
  readonly port: number;
  readonly address?: string;
  readonly path?: string;
}

/** The tracing channel of each operation. */
export type OperationChannel = TracingChannel<unknown, OperationContext>;

function channelOf(operation: ClientOperation): OperationChannel {
  return tracingChannel<unknown, OperationContext>(`@sess/client:${operation}`);
}

export const operationChannels: Readonly<Record<ClientOperation, OperationChannel>> = {
  get: channelOf('get'),
  set: channelOf('set'),
  touch: channelOf('touch'),
  delete: channelOf('delete'),
};

/** Runs `operate` between the events of its channel, with what subscribers bound to it. For a channel that has some. */
export async function traced<T>(
  operation: ClientOperation,
  owner: TracedNode | undefined,
  operate: () => Promise<T>,
  resultOf: (answer: T) => OperationResult,
): Promise<T> {
  const context: OperationContext = {
    system: 'memcached',
    operation,
    serverAddress: owner?.path ?? owner?.host,
    serverPort: owner?.path === undefined ? owner?.port : undefined,
    peerAddress: owner?.address,
  };
  let answer: Promise<T> | undefined;
  // Node.js puts what it is given into the context: that must not be the record.
  await operationChannels[operation].tracePromise(() => {
    answer = operate();
    return answer.then(resultOf);
  }, context);
  return answer as Promise<T>;
}
