/** What a library is told with. */
export type Callback<Value = void> = (error?: unknown, value?: Value) => void;

/**
 * Tells the outcome to `callback`, once, and never before the call that started the work has returned. What the callback throws is its own: it is
 * neither swallowed nor taken for a failure of the store.
 */
export function callBack<Value>(outcome: Promise<Value>, callback: Callback<Value>): void {
  void outcome.then(
    (value) => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, error),
  );
}
