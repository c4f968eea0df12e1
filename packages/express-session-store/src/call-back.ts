/** A Node.js-style callback. */
export type Callback<Value = void> = (error?: unknown, value?: Value) => void;

/**
 * Calls `callback` once with the outcome, and never before the call that started the work has returned. An error thrown
 * by the callback is neither swallowed nor taken for a failure of the store.
 */
export function callBack<Value>(outcome: Promise<Value>, callback: Callback<Value>): void {
  void outcome.then(
    (value) => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, error),
  );
}
