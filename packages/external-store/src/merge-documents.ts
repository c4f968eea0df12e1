import { isDeepStrictEqual } from 'node:util';
import type { Document } from './document.ts';

/**
 * What to store when another request saved first: what this one changed since `base`, put onto `theirs`, key by key at the top level. Where both
 * changed the same key, this one wins; what this one left alone, stays as the other left it.
 *
 * @param own keys that are this request's in any case, such as the cookie.
 */
export function mergeDocuments(base: Document, mine: Document, theirs: Document, own: readonly string[] = []): Document {
  const merged: Document = { ...theirs };
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (!own.includes(key) && isDeepStrictEqual(base[key], mine[key])) continue;
    if (Object.hasOwn(mine, key)) merged[key] = mine[key];
    else delete merged[key];
  }
  return merged;
}
