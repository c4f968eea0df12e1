import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** What is awaited, for the error. */
  readonly what: string;
  /** Milliseconds between two checks. */
  readonly everyMs: number;
  /** Timeout in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The result of a check: what is still missing; `undefined` if nothing is. */
export type Missing = string | undefined;

/** Resolves when a check finds nothing missing; rejects after `timeoutMs` with what is missing. */
export async function until(
  look: () => Promise<Missing> | Missing,
  { what, everyMs, timeoutMs, signal }: UntilOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const missing = await look();
    if (missing === undefined) return;
    if (performance.now() >= deadline) throw new Error(`gave up after ${timeoutMs} ms waiting for ${what}: ${missing}`);
    await delay(everyMs, undefined, { signal });
  }
}
