/** Limits on a history: on what is computed from its bytes, and on what it may add to what a client knows. */
import { MAX_NODES, MAX_TTL_SECONDS, unreadable } from './history-checks.ts';
import type { History, ViewEntry, ViewNode } from './history.ts';

export interface HistoryLimits {
  /** Most nodes in all views together. */
  readonly nodes: number;
  /** Most names. */
  readonly names: number;
  /** Most characters of the names in all views together: each view has an id with the names of its nodes. */
  readonly characters: number;
  /** Longest time to live. */
  readonly ttlSeconds: number;
}

const CHARACTERS_A_NODE = 64;
/** More than a thousand views of three hundred nodes. */
const SIGNED: HistoryLimits = limits(512 * MAX_NODES, 4 * MAX_NODES, MAX_TTL_SECONDS);
/**
 * Anyone who can write an unsigned history could grow it for ever, and keep views open for ever. No browser keeps a
 * cookie for more than 400 days.
 */
const UNSIGNED: HistoryLimits = limits(64 * MAX_NODES, 2 * MAX_NODES, 400 * 86_400);

/** Fewer than a table can have, so that the views of clients still fit beside those that somebody forged. */
const MAX_UNSIGNED_DISTRIBUTIONS = 16;

function limits(nodes: number, names: number, ttlSeconds: number): HistoryLimits {
  return { nodes, names, characters: nodes * CHARACTERS_A_NODE, ttlSeconds };
}

export function limitsOf({ isSigned }: { readonly isSigned: boolean }): HistoryLimits {
  return isSigned ? SIGNED : UNSIGNED;
}

/** @throws {HistoryRefused} */
export function checkNodes(nodes: number, { nodes: most }: HistoryLimits): void {
  if (nodes > most) throw unreadable(`its views have ${nodes} nodes, and ${most} are too many already`);
}

/** @throws {HistoryRefused} */
export function checkCharacters(characters: number, { characters: most }: HistoryLimits): void {
  if (characters > most) throw unreadable(`the names in its views have more than ${most} characters`);
}

/** How many of these views, the first ones, a history can have. */
export function viewsWithin(entries: readonly ViewEntry[], { nodes, characters }: HistoryLimits): number {
  let [nodesLeft, charactersLeft] = [nodes, characters];
  const tooMuch = entries.findIndex((entry) => {
    nodesLeft -= entry.nodes.length;
    for (const node of entry.nodes) charactersLeft -= charactersOf(node);
    return nodesLeft < 0 || charactersLeft < 0;
  });
  return tooMuch === -1 ? entries.length : tooMuch;
}

/** The length of the node's label in the id of a view. */
function charactersOf({ id, weight, zone }: ViewNode): number {
  return id.length + (weight === 1 ? 0 : `*${weight}`.length) + (zone === undefined ? 0 : zone.length + 1);
}

/** Why a client that knows `known` can't accept `merged`; `undefined` if it can. */
export function whyTooMuch(known: History, merged: History, isSigned: boolean): string | undefined {
  if (merged.drains.size > MAX_NODES && merged.drains.size > known.drains.size)
    return `it would make ${merged.drains.size} drains`;
  if (isSigned || merged.views.size === known.views.size) return undefined;
  const distributions = new Set<string>();
  let nodes = 0;
  for (const view of merged.views.values()) {
    nodes += view.nodes.length;
    distributions.add(view.distribution);
  }
  if (distributions.size > MAX_UNSIGNED_DISTRIBUTIONS)
    return `with what is known it would make views of ${distributions.size} distributions, which is too many of a history that is not signed`;
  const names = nodes > UNSIGNED.nodes ? undefined : namesIn(merged);
  if (names !== undefined && names <= UNSIGNED.names) return undefined;
  const named = names === undefined ? `${nodes} nodes altogether` : `${names} nodes`;
  return `with what is known it would make ${merged.views.size} views of ${named}, which is too many of a history that is not signed`;
}

function namesIn({ views }: History): number {
  const names = new Set<string>();
  for (const { nodes } of views.values()) for (const { id } of nodes) names.add(id);
  return names.size;
}
