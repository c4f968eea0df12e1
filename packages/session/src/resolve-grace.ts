import { badOption, wholeNumber } from './option-checks.ts';

/** Longest time for which an old id can be read. It is for requests that are on their way, not for browsers that keep two ids. */
export const MAX_GRACE_SECONDS = 300;

/**
 * For how many seconds the old id can be read after this change of ids.
 *
 * @throws {SessionError} `SESS_BAD_OPTION` where no server would look for it.
 */
export function resolveGrace(options: { readonly graceSeconds: number }, given: number | undefined): number {
  const seconds = wholeNumber('graceSeconds', given, 0, MAX_GRACE_SECONDS, 'seconds') ?? options.graceSeconds;
  if (seconds > 0 && options.graceSeconds === 0) {
    throw badOption(
      'graceSeconds',
      seconds,
      '0, unless createSessions has a graceSeconds of at least 1, so that every server looks for old ids',
    );
  }
  return seconds;
}
