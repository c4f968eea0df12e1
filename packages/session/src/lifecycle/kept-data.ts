import { own, setOwn, type PlainObject } from './merge-data.ts';
import type { SessionData } from '../session.ts';

/** The values of these keys of `data`, and no others. */
export function keptData(data: SessionData, keys: readonly string[]): SessionData {
  const kept: SessionData = {};
  for (const key of keys) setOwn(kept, key, own(data as PlainObject, key));
  return kept;
}
