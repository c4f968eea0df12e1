import { isDeepStrictEqual } from 'node:util';
import { SessionError } from '../errors.ts';
import type { SessionData } from '../session.ts';

/** One value that two requests changed, each to something else. */
export interface DataConflict {
  /** Where it is in the session's data: `['cart', 'items']` is `data.cart.items`. */
  readonly path: readonly string[];
  /** What it was when this request loaded the session; `undefined` where there was nothing. */
  readonly base: unknown;
  /** What this request made of it; `undefined` where it deleted it. */
  readonly mine: unknown;
  /** What another request made of it, and saved; `undefined` where it deleted it. */
  readonly theirs: unknown;
}

/**
 * What is kept where two requests changed the same value: this request's, the other's, neither (`SESS_CONFLICT`), or
 * what a function returns; `undefined` deletes the value. The function must return at once, and may be asked again
 * where yet another request saves first.
 *
 * `'mine-unless-deleted'` keeps this request's value, but where one request deleted an object or array that the other
 * only changed inside, the deletion.
 */
export type ConflictPolicy =
  | 'mine-unless-deleted'
  | 'mine'
  | 'theirs'
  | 'error'
  | ((conflict: DataConflict) => unknown);

/**
 * Merges by three: what was loaded, what this request made of it, and what another request saved meanwhile. Key by key;
 * plain objects deeper, also where both made one of nothing; everything else, arrays too, is one value. What one side
 * changed or deleted and the other left alone is changed or deleted.
 *
 * Pure: none of the three is changed, but the result may share values with them. Its keys are in the order of `mine`,
 * and then of `theirs`.
 *
 * @param levels how deep it looks for separate changes; with 1 each key at the top level is one value. Default: as deep
 *   as there are plain objects.
 * @throws {SessionError} `SESS_CONFLICT` where both changed a value and `onConflict` is `'error'`; and whatever a
 *   function throws.
 */
export function mergeData(
  base: SessionData,
  mine: SessionData,
  theirs: SessionData,
  onConflict: ConflictPolicy,
  levels: number = Infinity,
): SessionData {
  return mergeObjects(toPlain(base), toPlain(mine), toPlain(theirs), { onConflict, levels, path: [] });
}

/** An object that a merge goes into. */
export type PlainObject = Readonly<Record<string, unknown>>;

interface Place {
  readonly onConflict: ConflictPolicy;
  readonly levels: number;
  readonly path: readonly string[];
}

function mergeObjects(
  base: PlainObject,
  mine: PlainObject,
  theirs: PlainObject,
  place: Place,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    // Assigned, it would replace the prototype.
    if (key === '__proto__') continue;
    const value = mergeValues(own(base, key), own(mine, key), own(theirs, key), {
      ...place,
      path: [...place.path, key],
    });
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function mergeValues(base: unknown, mine: unknown, theirs: unknown, place: Place): unknown {
  if (isDeepStrictEqual(mine, base)) return theirs;
  if (isDeepStrictEqual(theirs, base) || isDeepStrictEqual(theirs, mine)) return mine;
  const isDeeper = place.path.length < place.levels;
  if (isDeeper && isPlainObject(mine) && isPlainObject(theirs) && (base === undefined || isPlainObject(base))) {
    return mergeObjects(base ?? {}, mine, theirs, place);
  }
  return settle({ path: place.path, base, mine, theirs }, place.onConflict);
}

/**
 * Whether one request deleted what the other only changed inside: a role that was taken away must not come back with a
 * change of its details.
 */
function isDeletion({ base, mine, theirs }: DataConflict): boolean {
  return typeof base === 'object' && base !== null && (mine === undefined || theirs === undefined);
}

function settle(conflict: DataConflict, policy: ConflictPolicy): unknown {
  if (typeof policy === 'function') return policy(conflict);
  if (policy === 'mine-unless-deleted') return isDeletion(conflict) ? undefined : conflict.mine;
  if (policy === 'mine') return conflict.mine;
  if (policy === 'theirs') return conflict.theirs;
  // The first name alone: deeper ones may be a user's.
  throw new SessionError(
    'SESS_CONFLICT',
    `another request changed session.data.${conflict.path[0]} too, and saved first (onConflict: 'error'); load the session again, and decide`,
  );
}

/** The value of a key that the object itself has: `constructor` and the like are not inherited. */
export function own(object: PlainObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Gives `data` a property of its own; `undefined` takes it away. */
export function setOwn(data: SessionData, key: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(data, key);
  // Defined, not assigned: the name `__proto__` would replace the prototype.
  else Object.defineProperty(data, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether a value is an object that was written as `{}`, rather than of a class. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function toPlain(data: SessionData): PlainObject {
  return data as PlainObject;
}
