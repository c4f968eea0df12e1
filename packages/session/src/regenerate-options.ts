import { badOption, checkUnknown } from './option-checks.ts';
import type { ResolvedOptions } from './options.ts';
import { resolveGrace } from './resolve-grace.ts';
import type { RegenerateOptions } from './session.ts';

/** The options of one `regenerate()`, checked. */
export interface ResolvedRegenerate {
  readonly keep: readonly string[] | true;
  readonly restartLifetime: boolean;
  readonly graceSeconds: number;
}

const NAMES: Readonly<Record<keyof RegenerateOptions, true>> = { keep: true, restartLifetime: true, graceSeconds: true };

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveRegenerate(
  options: Pick<ResolvedOptions, 'graceSeconds'>,
  given: RegenerateOptions | readonly string[] = {},
): ResolvedRegenerate {
  if (Array.isArray(given)) return resolveRegenerate(options, { keep: given });
  if (typeof given !== 'object' || given === null) {
    throw badOption('regenerate', given, 'an object, such as { keep: ["cart"] }, an array of the keys to keep, or a callback');
  }
  // An array was ruled out above, which the compiler does not see for one that is readonly.
  const named = given as RegenerateOptions;
  checkUnknown(named, Object.keys(NAMES));
  return {
    keep: keptKeys(named.keep),
    restartLifetime: flag('restartLifetime', named.restartLifetime),
    graceSeconds: resolveGrace(options, named.graceSeconds),
  };
}

function keptKeys(keep: unknown): readonly string[] | true {
  if (keep === undefined) return [];
  if (keep === true) return true;
  if (Array.isArray(keep) && keep.every((key) => typeof key === 'string')) return keep;
  throw badOption('keep', keep, 'an array of the keys of session.data to keep, or true for all');
}

function flag(name: string, given: unknown): boolean {
  if (given === undefined || typeof given === 'boolean') return given ?? false;
  throw badOption(name, given, 'true or false');
}
