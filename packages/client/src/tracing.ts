/**
 * The tracing channels of this package: one per operation, with OpenTelemetry's names for database clients, so that
 * tracers need not patch anything. No context holds a key, a value or a secret; contexts are only built for
 * subscribers.
 *
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel';
 * tracingChannel('@sess/client:get').subscribe({ start(context) { ... }, asyncEnd(context) { ... } });
 * ```
 */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/** The context that the five events of an operation share. The names in backticks are OpenTelemetry's. */
export interface OperationContext {
  /** `db.system.name` */
  readonly system: 'memcached';
  /** `db.operation.name` */
  readonly operation: ClientOperation;
  /**
   * The node that owns the key (`server.address`): its name, or the path of its Unix socket. `undefined` before the
   * first topology. If several nodes are asked, this is the first; the channel `sess:client:request` has all.
   */
  readonly serverAddress: string | undefined;
  /** `server.port`; `undefined` for a Unix socket. */
  readonly serverPort: number | undefined;
  /** The node's address, if discovery knows it beside the name (`network.peer.address`). */
  readonly peerAddress: string | undefined;
  /** Set if the operation succeeded. */
  readonly result?: OperationResult;
  /** Set if it failed. Its `code` is the `error.type`. */
  readonly error?: unknown;
}

export type ClientOperation = 'get' | 'set' | 'touch' | 'delete';

/** `miss`: there was no record to read, touch or delete. */
export type OperationResult = 'hit' | 'miss' | 'stored';

/** The part of a node that a context shows. */
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

/** Runs `operate` with the events and bound stores of its channel. Call it only if the channel has subscribers. */
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
  // Node.js puts the result into the context: that must not be the record.
  await operationChannels[operation].tracePromise(() => {
    answer = operate();
    return answer.then(resultOf);
  }, context);
  return answer as Promise<T>;
}
