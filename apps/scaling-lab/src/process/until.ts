import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** For the error: what was waited for. */
  readonly what: string;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Milliseconds after which it is given up. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A look's result: nothing is missing any more, or what still is. */
export type Missing = string | undefined;

/** Resolves as soon as a look finds nothing missing; rejects after `timeoutMs`, saying what was. */
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
