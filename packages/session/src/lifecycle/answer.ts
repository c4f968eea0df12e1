import { badOption } from '../options/option-checks.ts';
import type { SessionCallback } from '../session.ts';

/** Gives an operation's end to `callback`, where there is one: then nothing is returned that could reject beside it. */
export function answer(ended: Promise<void>, callback: SessionCallback | undefined): Promise<void> | void {
  if (callback === undefined) return ended;
  if (typeof callback !== 'function') {
    return ended.then(() => {
      throw badOption('callback', callback, 'a function, or nothing for a promise');
    });
  }
  // On a tick of its own, so that what the callback throws is an uncaught exception, as with any other callback, and
  // not a lost rejection.
  ended.then(
    () => process.nextTick(callback),
    (error: unknown) => process.nextTick(callback, error),
  );
}
