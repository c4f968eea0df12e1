import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 5;
const PATIENCE_MS = 15_000;

/**
 * Calls `look` until it returns something other than `undefined`, and resolves to that. An error of `look` counts as
 * `undefined`.
 *
 * @throws Error after 15 seconds, with the last error as its cause
 */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  let cause: unknown;
  do {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(LOOK_EVERY_MS);
  } while (performance.now() < deadline);
  throw new Error(`waited ${PATIENCE_MS} ms until ${what}`, { cause });
}
