import { badOption, checkUnknown, isObject, oneOf, wholeNumber } from '../../options/option-checks.ts';
import { nearestName } from '../memcached-store.ts';
import { SessionError } from '../../errors.ts';
import type { Backing } from './backing.ts';

/**
 * `'through'`: a save is acknowledged once cache and database have it. `'behind'`: once the cache has it; the database
 * is written later.
 */
export type WritePolicy = 'through' | 'behind';

/** Limits of a process's requests to the database. */
export interface BackingLimits {
  /**
   * How long one request to the database may take, and how long it may wait in the queue before that, in milliseconds.
   * Default 1,000.
   */
  readonly timeoutMs?: number | undefined;
  /** Most sessions that a process loads from the database in any one second. Default 1,000. */
  readonly loadsPerSecond?: number | undefined;
  /** Most loads from the database at the same time, and most writes. Default 32. */
  readonly concurrency?: number | undefined;
  /** Most queued loads, and most queued writes; one more fails with `SESS_UNAVAILABLE`. Default 1,000. */
  readonly queued?: number | undefined;
  /**
   * Whole seconds for which an id that the database does not have is not looked up again; 0 looks it up every time.
   * Default 5.
   */
  readonly unknownSeconds?: number | undefined;
  /** Most sessions with a pending write to the database. Above that, a save waits for the database. Default 10,000. */
  readonly pendingWrites?: number | undefined;
  /** How long `close()` waits for pending writes, in milliseconds. Default 5,000. */
  readonly closeTimeoutMs?: number | undefined;
}

export interface ResolvedBacking {
  readonly backing: Backing;
  readonly writePolicy: WritePolicy;
  readonly limits: Readonly<{ [Name in keyof BackingLimits]-?: number }>;
}

interface Given {
  readonly backing?: Backing | undefined;
  readonly writePolicy?: WritePolicy | undefined;
  readonly backingLimits?: BackingLimits | undefined;
}

/** Default, minimum, maximum and unit of each limit. */
const LIMITS: Readonly<
  Record<keyof BackingLimits, readonly [byDefault: number, least: number, most: number, unit: string]>
> = {
  timeoutMs: [1_000, 1, 60_000, 'milliseconds'],
  loadsPerSecond: [1_000, 1, 100_000, 'loads'],
  concurrency: [32, 1, 10_000, 'requests'],
  queued: [1_000, 0, 1_000_000, 'requests'],
  unknownSeconds: [5, 0, 3_600, 'seconds'],
  pendingWrites: [10_000, 1, 1_000_000, 'sessions'],
  closeTimeoutMs: [5_000, 0, 600_000, 'milliseconds'],
};

const OPTIONAL_METHODS = ['ready', 'save', 'destroy', 'touch', 'doubt', 'doubts', 'ofUser', 'close'] as const;
const METHODS: readonly string[] = ['load', ...OPTIONAL_METHODS];

/**
 * Checks the options for `backing`; `undefined` if there is none.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveBacking({ backing, writePolicy, backingLimits }: Given): ResolvedBacking | undefined {
  const policy = oneOf('writePolicy', writePolicy, ['through', 'behind']) ?? 'through';
  if (backing === undefined) {
    if (writePolicy !== undefined)
      throw badOption('writePolicy', writePolicy, 'a "backing" beside it: without a database there is no policy');
    if (backingLimits !== undefined) throw badOption('backingLimits', backingLimits, 'a "backing" beside it');
    return undefined;
  }
  checkBacking(backing);
  if (policy === 'behind' && backing.save === undefined)
    throw badOption('writePolicy', policy, '"through" where the backing has no save');
  return Object.freeze({ backing, writePolicy: policy, limits: resolveLimits(backingLimits ?? {}) });
}

function checkBacking(backing: Backing): void {
  if (typeof backing !== 'object' || backing === null || typeof backing.load !== 'function') {
    throw badOption(
      'backing',
      backing,
      'an object with the method load(id, signal), such as postgresBacking(...) of @sess/postgres-backing',
    );
  }
  for (const name of OPTIONAL_METHODS) {
    const method: unknown = backing[name];
    if (method !== undefined && typeof method !== 'function')
      throw badOption(`backing.${name}`, method, 'a function, or nothing');
  }
  // Other members are fine, but a misspelt `save` would mean that nothing is ever saved.
  for (const [name, value] of Object.entries(backing)) {
    const near = METHODS.includes(name) || typeof value !== 'function' ? undefined : nearestName(name, METHODS);
    if (near !== undefined && !(near in backing)) {
      throw new SessionError('SESS_BAD_OPTION', `unknown option "backing.${name}": did you mean "backing.${near}"?`);
    }
  }
  if ((backing.doubt === undefined) !== (backing.doubts === undefined)) {
    throw badOption(
      backing.doubt === undefined ? 'backing.doubt' : 'backing.doubts',
      undefined,
      'both "doubt" and "doubts", or neither',
    );
  }
}

function resolveLimits(given: BackingLimits): ResolvedBacking['limits'] {
  if (!isObject(given)) throw badOption('backingLimits', given, 'an object, such as { timeoutMs: 500 }');
  checkUnknown(given, Object.keys(LIMITS), 'backingLimits.');
  const limit = (name: keyof BackingLimits): number => {
    const [byDefault, least, most, unit] = LIMITS[name];
    return wholeNumber(`backingLimits.${name}`, given[name], least, most, unit) ?? byDefault;
  };
  return Object.freeze({
    timeoutMs: limit('timeoutMs'),
    loadsPerSecond: limit('loadsPerSecond'),
    concurrency: limit('concurrency'),
    queued: limit('queued'),
    unknownSeconds: limit('unknownSeconds'),
    pendingWrites: limit('pendingWrites'),
    closeTimeoutMs: limit('closeTimeoutMs'),
  });
}
