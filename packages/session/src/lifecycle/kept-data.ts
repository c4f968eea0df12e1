import { own, setOwn, type PlainObject } from './merge-data.ts';
import type { SessionData } from '../session.ts';

/** What a new session starts with: the values of these keys, and no others. */
export function keptData(data: SessionData, keys: readonly string[]): SessionData {
  const kept: SessionData = {};
  for (const key of keys) setOwn(kept, key, own(data as PlainObject, key));
  return kept;
}
