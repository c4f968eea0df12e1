/** Limits on what a read history may add. */
import { MAX_NODES } from './history-checks.ts';
import type { History } from './history.ts';

/** Most nodes in all views, and most names, of an unsigned history: anyone who can write it could grow it for ever. */
const MAX_UNSIGNED_NODES = 64 * MAX_NODES;
const MAX_UNSIGNED_NAMES = 2 * MAX_NODES;

/** Why a client that knows `known` can't accept `merged`; `undefined` if it can. */
export function whyTooMuch(known: History, merged: History, isSigned: boolean): string | undefined {
  if (merged.drains.size > MAX_NODES && merged.drains.size > known.drains.size)
    return `it would make ${merged.drains.size} drains`;
  if (isSigned || merged.views.size === known.views.size) return undefined;
  const named = [...merged.views.values()].flatMap(({ nodes }) => nodes.map(({ id }) => id));
  const names = new Set(named).size;
  if (named.length <= MAX_UNSIGNED_NODES && names <= MAX_UNSIGNED_NAMES) return undefined;
  return `with what is known it would make ${merged.views.size} views of ${names} nodes, which is too many of a history that is not signed`;
}
