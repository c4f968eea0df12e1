import { isDeepStrictEqual } from 'node:util';
import { isPlainObject, own, type PlainObject } from './merge-data.ts';
import type { SessionData } from '../session.ts';

/** The data when its save began, the data that was stored, and the data as it would be stored now. */
export interface Adoption {
  readonly sent: SessionData;
  readonly stored: SessionData;
  readonly now: SessionData;
}

/**
 * Applies to `live` what a save stored beyond what was sent, key by key and in place, so a handler that holds the data
 * or an object inside it sees it. Changes that the handler made meanwhile stay.
 */
export function adoptChanges(live: SessionData, { sent, stored, now }: Adoption): void {
  adopt(live as Record<string, unknown>, sent as PlainObject, stored as PlainObject, now as PlainObject);
}

function adopt(live: Record<string, unknown>, sent: PlainObject, stored: PlainObject, now: PlainObject): void {
  for (const key of new Set([...Object.keys(sent), ...Object.keys(stored)])) {
    // Assigning it would replace the prototype.
    if (key === '__proto__') continue;
    const [was, becomes, is, value] = [own(sent, key), own(stored, key), own(now, key), own(live, key)];
    if (isDeepStrictEqual(was, becomes)) continue;
    if (isMutable(value) && isPlainObject(was) && isPlainObject(becomes) && isPlainObject(is))
      adopt(value, was, becomes, is);
    else if (isDeepStrictEqual(is, was)) put(live, key, becomes);
  }
}

/** Leaves a frozen object as it is; the next save merges it again. */
function put(live: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(live, key);
  else Reflect.set(live, key, value);
}

function isMutable(value: unknown): value is Record<string, unknown> {
  return isPlainObject(value) && !Object.isFrozen(value);
}
