/** What is to be called when a signal fires. */
const watched: WeakMap<AbortSignal, Set<() => void>> = new WeakMap();

/**
 * Calls `aborted` when `signal` fires, and not after the returned function was called.
 *
 * A signal gets one listener of ours, however many requests watch it: Node.js takes more than ten for a leak, and says
 * so on standard error.
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
  // Each takes itself off while the others are called; a set allows for that.
  for (const aborted of callbacks ?? []) aborted();
}
