import { badOption } from '../options/option-checks.ts';
import type { SessionCallback } from '../session.ts';

/**
 * Passes the end of an operation to `callback` if there is one. Then it returns nothing, so no rejection stays
 * unhandled.
 */
export function answer(ended: Promise<void>, callback: SessionCallback | undefined): Promise<void> | void {
  if (callback === undefined) return ended;
  if (typeof callback !== 'function') {
    return ended.then(() => {
      throw badOption('callback', callback, 'a function, or nothing for a promise');
    });
  }
  // On its own tick, so that an error thrown by the callback is an uncaught exception, as with any other callback, and
  // not an unhandled rejection.
  ended.then(
    () => process.nextTick(callback),
    (error: unknown) => process.nextTick(callback, error),
  );
}
