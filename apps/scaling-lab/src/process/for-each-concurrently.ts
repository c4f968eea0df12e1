/**
 * Runs `work` for every item, at most `limit` concurrently, and resolves when all are done. After the first failure or
 * the signal, starts no new items, waits for the pending ones, and rejects.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failure: { readonly cause: unknown } | undefined;

  const lane = async (): Promise<void> => {
    while (failure === undefined && !signal.aborted) {
      const next = rest.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (cause) {
        failure ??= { cause };
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  signal.throwIfAborted();
  if (failure !== undefined) throw failure.cause;
}
