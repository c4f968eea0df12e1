import { setMaxListeners } from 'node:events';
import { deadline, type Clock } from './clock.ts';

/** Settles as `promise` does, but rejects with the signal's reason as soon as it fires. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A controller that also fires with `parent`. `release` detaches it from the parent. */
export function childController(parent: AbortSignal): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  // Many requests may listen to one signal; Node.js warns of a leak above ten listeners.
  setMaxListeners(0, controller.signal);
  const abort = (): void => controller.abort(parent.reason);
  if (parent.aborted) abort();
  else parent.addEventListener('abort', abort, { once: true });
  return { controller, release: () => parent.removeEventListener('abort', abort) };
}

/**
 * Runs `work` for at most `ms`, not counting time in which this process was blocked or stopped, then aborts its signal
 * and rejects with the error of `late`. Rejects with the reason of `signal` if that fires first.
 */
export async function withDeadline<T>(
  ms: number,
  late: () => Error,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, release } = childController(signal);
  const stop = deadline(clock, ms, () => controller.abort(late()));
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    stop();
    release();
  }
}
