import { isDeepStrictEqual } from 'node:util';
import { SessionError } from '../errors.ts';
import type { SessionData } from '../session.ts';

/** One value that two requests changed differently. */
export interface DataConflict {
  /** Its path in the session's data: `['cart', 'items']` is `data.cart.items`. */
  readonly path: readonly string[];
  /** The value when this request loaded the session; `undefined` if there was none. */
  readonly base: unknown;
  /** This request's value; `undefined` if it deleted it. */
  readonly mine: unknown;
  /** The value that another request saved; `undefined` if it deleted it. */
  readonly theirs: unknown;
}

/**
 * Which value is kept if two requests changed it: this request's, the other's, neither (`SESS_CONFLICT`), or what a
 * function returns; `undefined` deletes the value. The function must be synchronous, and may be called again if yet
 * another request saves first.
 *
 * `'mine-unless-deleted'` keeps this request's value; but if one request deleted an object or array that the other only
 * changed inside, it keeps the deletion.
 */
export type ConflictPolicy =
  | 'mine-unless-deleted'
  | 'mine'
  | 'theirs'
  | 'error'
  | ((conflict: DataConflict) => unknown);

/**
 * Three-way merge: `base` was loaded, `mine` is this request's version of it, and `theirs` was saved by another request
 * meanwhile. It merges key by key, and recursively in plain objects, also if both sides added one; everything else,
 * arrays too, is one value. A change or deletion by only one side is kept.
 *
 * Pure: it changes none of the three, but the result may share values with them. Its keys are in the order of `mine`,
 * then of `theirs`.
 *
 * @param levels how many levels it merges; with 1, each top-level key is one value. Default: as deep as there are plain
 *   objects.
 * @throws {SessionError} `SESS_CONFLICT` if both changed a value and `onConflict` is `'error'`; and whatever the
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

/** An object that is merged key by key. */
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
    // Assigning it would replace the prototype.
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
 * Whether one request deleted what the other only changed inside: a role that was removed must not come back because
 * its details changed.
 */
function isDeletion({ base, mine, theirs }: DataConflict): boolean {
  return typeof base === 'object' && base !== null && (mine === undefined || theirs === undefined);
}

function settle(conflict: DataConflict, policy: ConflictPolicy): unknown {
  if (typeof policy === 'function') return policy(conflict);
  if (policy === 'mine-unless-deleted') return isDeletion(conflict) ? undefined : conflict.mine;
  if (policy === 'mine') return conflict.mine;
  if (policy === 'theirs') return conflict.theirs;
  // The message names only the first key, because deeper keys may come from a user.
  throw new SessionError(
    'SESS_CONFLICT',
    `another request changed session.data.${conflict.path[0]} too, and saved first (onConflict: 'error'); load the session again, and decide`,
  );
}

/** The value of an own property: `constructor` and the like are not inherited. */
export function own(object: PlainObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property of `data`; `undefined` deletes it. */
export function setOwn(data: SessionData, key: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(data, key);
  // Defined, because assigning to `__proto__` would replace the prototype.
  else Object.defineProperty(data, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether a value is a plain object, not an instance of a class. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function toPlain(data: SessionData): PlainObject {
  return data as PlainObject;
}
