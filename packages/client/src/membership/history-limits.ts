/** How much a history that was read may add to what is known. */
import { MAX_NODES } from './history-checks.ts';
import type { History } from './history.ts';

/**
 * Of a history that nobody signed, views of so many nodes in all, and so many names, are kept: whoever can write it
 * could name others for ever.
 */
const MAX_UNSIGNED_NODES = 64 * MAX_NODES;
const MAX_UNSIGNED_NAMES = 2 * MAX_NODES;

/** Why `merged` is more than a client can hold, which knows `known`; `undefined` if it is not. */
export function whyTooMuch(known: History, merged: History, isSigned: boolean): string | undefined {
  if (merged.drains.size > MAX_NODES && merged.drains.size > known.drains.size)
    return `it would make ${merged.drains.size} drains`;
  if (isSigned || merged.views.size === known.views.size) return undefined;
  const named = [...merged.views.values()].flatMap(({ nodes }) => nodes.map(({ id }) => id));
  const names = new Set(named).size;
  if (named.length <= MAX_UNSIGNED_NODES && names <= MAX_UNSIGNED_NAMES) return undefined;
  return `with what is known it would make ${merged.views.size} views of ${names} nodes, which is too many of a history that is not signed`;
}
