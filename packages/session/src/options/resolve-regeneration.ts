import { badOption, checkUnknown, isObject, oneOf, wholeNumber } from './option-checks.ts';
import type { ResolvedOptions } from './options.ts';
import { MAX_TTL_SECONDS } from '../stores/session-store.ts';
import type { OwnLifetime } from '../content/envelope.ts';
import { MAX_GRACE_SECONDS } from '../lifecycle/grace.ts';
import type { RegenerateOptions } from '../session.ts';

/** The checked options of `regenerate`. */
export interface Regeneration {
  readonly keep: readonly string[] | true;
  readonly restartLifetime: boolean;
  readonly graceSeconds: number;
  readonly own: OwnLifetime | undefined;
}

const NAMES: Readonly<Record<keyof RegenerateOptions, true>> = {
  keep: true,
  restartLifetime: true,
  graceSeconds: true,
  ttlSeconds: true,
  persistent: true,
};

const NONE: readonly string[] = [];

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveRegeneration(
  options: ResolvedOptions,
  first?: RegenerateOptions | readonly string[],
): Regeneration {
  // The most frequent call: a login.
  if (first === undefined)
    return { keep: NONE, restartLifetime: false, graceSeconds: options.graceSeconds, own: undefined };
  // Not an array from here on; the compiler does not narrow readonly arrays.
  const given = (Array.isArray(first) ? { keep: first } : first) as RegenerateOptions;
  if (!isObject(given)) throw badOption('regenerate', given, 'an object, such as { keep: ["cart"] }, or nothing');
  checkUnknown(given, Object.keys(NAMES), 'regenerate.');
  const ttlSeconds = wholeNumber('regenerate.ttlSeconds', given.ttlSeconds, 1, MAX_TTL_SECONDS, 'seconds');
  const persistent = oneOf('regenerate.persistent', given.persistent, [true, false]);
  return {
    keep: keys(given.keep),
    restartLifetime: oneOf('regenerate.restartLifetime', given.restartLifetime, [true, false]) ?? false,
    graceSeconds: grace(options, given.graceSeconds),
    own:
      ttlSeconds === undefined && persistent === undefined
        ? undefined
        : { ttlSeconds: ttlSeconds ?? options.ttlSeconds, persistent: persistent ?? options.cookie.persistent },
  };
}

function keys(given: unknown): readonly string[] | true {
  if (given === undefined) return NONE;
  if (given === true) return true;
  if (Array.isArray(given) && given.every((key) => typeof key === 'string')) return given;
  throw badOption('regenerate.keep', given, 'names of session.data, such as ["cart"], or true for all of it');
}

/**
 * Seconds for which the old id can be read. More than 0 needs `graceSeconds` of `createSessions`, or no server would
 * look for the copy.
 */
function grace(options: ResolvedOptions, given: unknown): number {
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
