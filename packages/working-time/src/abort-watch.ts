/** The callbacks of each signal. */
const watched: WeakMap<AbortSignal, Set<() => void>> = new WeakMap();

/**
 * Calls `aborted` when `signal` fires, unless the returned function was called before.
 *
 * Adds one listener to a signal for any number of requests: Node.js warns of a leak from the eleventh listener.
 */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  const callbacks = watched.get(signal) ?? watch(signal);
  callbacks.add(aborted);
  return () => {
    callbacks.delete(aborted);
    if (callbacks.size === 0) unwatch(signal);
  };
}

function watch(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  watched.set(signal, callbacks);
  signal.addEventListener('abort', fire);
  return callbacks;
}

function unwatch(signal: AbortSignal): void {
  watched.delete(signal);
  signal.removeEventListener('abort', fire);
}

function fire(event: Event): void {
  const signal = event.currentTarget as AbortSignal;
  const callbacks = watched.get(signal);
  unwatch(signal);
  // Callbacks remove themselves during this loop; a Set allows it.
  for (const aborted of callbacks ?? []) aborted();
}
