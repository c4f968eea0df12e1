/**
 * The tracing channels of this package: one for each thing that is done with a stored session. What is asked of the
 * store meanwhile runs inside, so a tracer sees the requests to nodes beneath. No context holds an id, a key, a value or
 * a secret, and none is made while nobody listens.
 *
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel';
 * tracingChannel('@sess/session:load').subscribe({ start(context) { ... }, asyncEnd(context) { ... } });
 * ```
 */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

import type { DestroyEvent, LoadEvent, SaveEvent } from './diagnostics.ts';

/** What the five events of one operation share. */
export interface SessionOperationContext {
  readonly operation: SessionOperation;
  /** The store's name: `memcached`, `memory`. */
  readonly store: string;
  /** Why a session is saved or destroyed. */
  readonly reason?: SaveEvent['reason'] | DestroyEvent['reason'];
  /** When the operation succeeded: what came of it, as the channels `sess:session:*` tell it. */
  readonly result?: SessionResult;
  /**
   * When it failed, also where the request goes on without it: a store that is out of reach, a touch that did not
   * succeed.
   */
  readonly error?: unknown;
}

/** `save`: whatever is written or prolonged for a response. `touch`: `session.touch()` alone. */
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

/** What came of an operation that was answered. With an error, it failed and the request goes on. */
export interface Judgement {
  readonly result: SessionResult;
  readonly error?: unknown;
}

/** Runs `operate` between the events of its channel, with what subscribers bound to it. For a channel that has some. */
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
  // Its failure is the answer's, or one that the request goes on without.
  await sessionChannels[context.operation].tracePromise(run, { ...context }).catch(() => undefined);
  return answer as Promise<T>;
}
