/**
 * The format of views that every version can read: each names its nodes. For a few views of a few nodes; see
 * `view-table.ts` for many.
 */
import {
  CAUSES,
  checkedCopies,
  checkedDistribution,
  checkedId,
  checkedLatest,
  checkedTime,
  checkedTtl,
  checkedWeight,
  checkedZone,
  isObject,
  listOf,
  MAX_NODES,
  unreadable,
  type ViewUse,
} from './history-checks.ts';
import { Effort, NAMES } from './effort.ts';
import type { HistoryLimits } from './history-limits.ts';
import { confirmed, viewId, type Placement, type ViewCause, type ViewEntry, type ViewNode } from './history.ts';

/** Limit of earlier versions. */
export const MAX_PLAIN_VIEWS = 64;

/** Later versions added `k` and `d`, then `l`, then `z`, then `u`; every version ignores unknown fields. */
export function encodePlain(entry: ViewEntry): string {
  const { nodes, copies, distribution, cause, since, confirmedAt, latest, ttlSeconds } = entry;
  const list = nodes.map(({ id, weight }) => [id, weight]);
  const zones = nodes.some(({ zone }) => zone !== undefined) ? { z: nodes.map(({ zone }) => zone ?? null) } : undefined;
  return JSON.stringify({
    n: list,
    ...zones,
    k: copies,
    d: distribution,
    c: cause,
    s: since,
    t: confirmedAt,
    ...(latest !== undefined && { u: latest }),
    l: ttlSeconds,
  });
}

/** Defaults of fields that earlier versions did not write. */
export interface ViewDefaults extends Omit<Placement, 'nodes'> {
  readonly ttlSeconds: number;
}

/**
 * Reads views that name their nodes.
 *
 * Yields when the event loop should get a turn.
 *
 * @throws {HistoryRefused}
 */
export function* readPlainViews(
  value: unknown,
  latest: number,
  defaults: ViewDefaults,
  limits: HistoryLimits,
): Generator<void, ReadonlyMap<string, ViewEntry>> {
  const effort = new Effort();
  const views = new Map<string, ViewEntry>();
  for (const item of listOf('views', value, MAX_PLAIN_VIEWS)) {
    const entry = readPlain(item, latest, defaults, limits);
    views.set(viewId(entry), entry);
    if (effort.takes(NAMES, entry.nodes.length)) yield;
  }
  return views;
}

/** What the views say about the node `id`. Checks nothing else of them. */
export function usesInPlainViews(given: Record<string, unknown>, id: string, latest: number): readonly ViewUse[] {
  return listOf('views', given['views'], MAX_PLAIN_VIEWS).map((view) => {
    if (!isObject(view)) throw unreadable('a view is not an object');
    const { n, t, l = given['ttl'] } = view;
    return {
      namesNode: listOf('nodes of a view', n, MAX_NODES).some((node) => Array.isArray(node) && node[0] === id),
      confirmedAt: checkedTime(t, latest),
      ttlSeconds: checkedTtl(l),
    };
  });
}

function readPlain(value: unknown, latest: number, defaults: ViewDefaults, limits: HistoryLimits): ViewEntry {
  if (!isObject(value)) throw unreadable('a view is not an object');
  const {
    n,
    z = [],
    k = defaults.copies,
    d = defaults.distribution,
    c: cause,
    s: since,
    t: confirmedAt,
    u = confirmedAt,
    l = defaults.ttlSeconds,
  } = value;
  if (typeof cause !== 'string' || !isCause(cause)) throw unreadable('a view has no known cause');
  const placement = { nodes: readNodes(n, z), copies: checkedCopies(k), distribution: checkedDistribution(d) };
  const at = checkedTime(confirmedAt, latest);
  return confirmed(
    { ...placement, cause, since: checkedTime(since, latest) },
    { confirmedAt: at, latest: checkedLatest(u, at), ttlSeconds: Math.min(checkedTtl(l), limits.ttlSeconds) },
  );
}

function readNodes(value: unknown, zones: unknown): readonly ViewNode[] {
  const places = listOf('zones of a view', zones, MAX_NODES);
  const spellings = new Set<string>();
  const nodes = listOf('nodes of a view', value, MAX_NODES).map((item, index): ViewNode => {
    const [given, weight] = listOf('fields of a node', item, 2);
    const { id, spelling } = checkedId(given);
    if (spellings.has(spelling)) throw unreadable(`a view names ${id} twice`);
    spellings.add(spelling);
    return { id, weight: checkedWeight(id, weight), ...checkedZone(id, places[index]) };
  });
  if (nodes.length === 0) throw unreadable('a view has no nodes');
  return nodes;
}

function isCause(value: string): value is ViewCause {
  return (CAUSES as readonly string[]).includes(value);
}
