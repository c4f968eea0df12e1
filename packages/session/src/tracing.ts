/**
 * The tracing channels of this package: one per operation on a stored session. Requests to the store run inside the
 * operation, so a tracer shows them as its children. No context holds an id, a key, a value or a secret, and none is
 * made while a channel has no subscribers.
 *
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel';
 * tracingChannel('@sess/session:load').subscribe({ start(context) { ... }, asyncEnd(context) { ... } });
 * ```
 */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

import type { DestroyEvent, LoadEvent, SaveEvent } from './diagnostics.ts';

/** The context that the five events of one operation share. */
export interface SessionOperationContext {
  readonly operation: SessionOperation;
  /** The store's name: `memcached`, `memory`. */
  readonly store: string;
  /** Why a session is saved or destroyed. */
  readonly reason?: SaveEvent['reason'] | DestroyEvent['reason'];
  /** The outcome, if the operation succeeded, as on the channels `sess:session:*`. */
  readonly result?: SessionResult;
  /** The error, if it failed, even one that does not fail the request: a store out of reach, a failed touch. */
  readonly error?: unknown;
}

/** `save`: any write, or a touch for a response. `touch`: only `session.touch()`. */
export type SessionOperation = 'load' | 'save' | 'touch' | 'destroy';

export type SessionResult = LoadEvent['outcome'] | SaveEvent['outcome'] | DestroyEvent['outcome'];

type SessionChannel = TracingChannel<unknown, SessionOperationContext>;

function channelOf(operation: SessionOperation): SessionChannel {
  return tracingChannel<unknown, SessionOperationContext>(`@sess/session:${operation}`);
}

export const sessionChannels: Readonly<Record<SessionOperation, SessionChannel>> = {
  load: channelOf('load'),
  save: channelOf('save'),
  touch: channelOf('touch'),
  destroy: channelOf('destroy'),
};

/** The outcome of an operation that did not reject. With an error, it failed but does not fail the request. */
export interface Judgement {
  readonly result: SessionResult;
  readonly error?: unknown;
}

/**
 * Runs `operate` between the events of its channel, in the contexts that subscribers bound. Call it only if the channel
 * has subscribers.
 */
export async function traced<T>(
  context: Pick<SessionOperationContext, 'operation' | 'store' | 'reason'>,
  operate: () => Promise<T>,
  judge: (answer: T) => Judgement,
): Promise<T> {
  let answer: Promise<T> | undefined;
  const run = async (): Promise<SessionResult> => {
    answer = operate();
    const { result, error } = judge(await answer);
    if (error !== undefined) throw error;
    return result;
  };
  // The returned promise carries the failure, or the failure does not concern the request.
  await sessionChannels[context.operation].tracePromise(run, { ...context }).catch(() => undefined);
  return answer as Promise<T>;
}
