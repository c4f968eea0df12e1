/**
 * The cluster's record of its own changes: which views clients acted on, and until when at least. Every node stores it
 * as one small record, so that a process that starts during a handover knows the earlier views.
 *
 * A history is a value. {@link mergeHistories} is commutative, associative and idempotent: nodes and clients may learn
 * of changes in any order, any number of times, and agree in the end. Merging known news returns the same object.
 */
import { createHash } from 'node:crypto';

export type ViewCause = 'discovery' | 'node-down' | 'node-recovered' | 'drain';

/** A node of a view: what a distribution needs to place its points. */
export interface ViewNode {
  readonly id: string;
  readonly weight: number;
  /** Only with several copies: a single copy ignores zones. */
  readonly zone?: string;
}

/** Prefix of the fingerprint of a distribution that depends on the order of the nodes, such as modulo. */
export const ORDERED = 'ordered-';

/** Everything that decides who owns a key. */
export interface Placement {
  /** In the order of the list, which matters to some distributions. */
  readonly nodes: readonly ViewNode[];
  /** How many nodes hold each key. */
  readonly copies: number;
  /** The fingerprint of the distribution. */
  readonly distribution: string;
}

/** One view in the history. */
export interface ViewEntry extends Placement {
  readonly cause: ViewCause;
  /** When a client first acted on it, milliseconds since 1970. */
  readonly since: number;
  /** When a client last confirmed that it acts on it, milliseconds since 1970. */
  readonly confirmedAt: number;
  /**
   * Until when clients may have acted on it, milliseconds since 1970: if the wall clock of the one that confirmed it was
   * ahead (its machine may have been suspended), or if later confirmations may be lost. Default: `confirmedAt`.
   */
  readonly latest?: number;
  /** The longest time to live in use under this view: its records may live that long after it. */
  readonly ttlSeconds: number;
}

/**
 * Whether a node was taken out of rotation on purpose. In a merge, the drain that began last wins; of the same drain,
 * "over" wins over "done", and that over "draining".
 */
export interface DrainMark {
  readonly drained: boolean;
  /** When this drain began, milliseconds since 1970; confirmations don't change it. */
  readonly began: number;
  /**
   * Whether all of the node's records are on other nodes. Until then the draining client confirms the mark, afterwards
   * every client that lists the node.
   */
  readonly isDone: boolean;
  /** When the mark was last confirmed, milliseconds since 1970. */
  readonly at: number;
}

/** Ends the handover from a view before its window does, unless the view was confirmed later. */
export interface Closing {
  /** The view's `confirmedAt` at that time, milliseconds since 1970. */
  readonly confirmedAt: number;
  /**
   * `false`: a client that stores a copy on an elder of the view removes it again. `true`: the elders are empty and no
   * client asks them; a client forgets the view when every node in reach has this closing.
   */
  readonly isClosed: boolean;
}

export interface History {
  /** The random name of the cluster; empty in a history of an earlier version. */
  readonly cluster: string;
  /** By {@link viewId}. */
  readonly views: ReadonlyMap<string, ViewEntry>;
  /** By node id. Every client must act on a drain, or its view is never agreed. */
  readonly drains: ReadonlyMap<string, DrainMark>;
  /** By {@link closingName} of the view. */
  readonly closings: ReadonlyMap<string, Closing>;
  /**
   * Whether no earlier view can be missing from it: a client that wrote it had answers from every listed node, or read
   * a whole history.
   */
  readonly isWhole: boolean;
  /**
   * When a client last found that nodes had lost the history, and had no whole history itself, milliseconds since 1970;
   * 0: never.
   */
  readonly forgottenAt: number;
  /** When the windows of views that did not fit end, milliseconds since 1970; 0 if all fit. */
  readonly truncatedUntil: number;
}

export const EMPTY_HISTORY: History = {
  cluster: '',
  views: new Map(),
  drains: new Map(),
  closings: new Map(),
  isWhole: false,
  forgottenAt: 0,
  truncatedUntil: 0,
};

/** The identity of a view: everything that decides owners, including the order of its nodes if it matters. */
export function viewId({ nodes, copies, distribution }: Placement): string {
  const labels = nodes.map(labelOf);
  return viewIdOf(distribution.startsWith(ORDERED) ? labels : labels.toSorted(), copies, distribution);
}

/** @param labels the nodes' {@link labelOf}; sorted, unless their order matters */
export function viewIdOf(labels: readonly string[], copies: number, distribution: string): string {
  return [
    ...labels,
    ...(copies === 1 ? [] : [`copies=${copies}`]),
    ...(distribution === '' ? [] : [`by=${distribution}`]),
  ].join(' ');
}

/** A node in the id of a view. */
export function labelOf({ id, weight, zone }: ViewNode): string {
  return `${id}${weight === 1 ? '' : `*${weight}`}${zone === undefined ? '' : `@${zone}`}`;
}

/** A short name for a view. The view's closing has this name, and outlives the view. */
export function closingName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}

/** Merges two histories; returns `one` itself if `other` adds nothing. */
export function mergeHistories(one: History, other: History): History {
  const cluster = mergeNames(one.cluster, other.cluster);
  const views = mergeMaps(one.views, other.views, mergeEntries);
  const drains = mergeMaps(one.drains, other.drains, laterMark);
  const closings = mergeMaps(one.closings, other.closings, laterClosing);
  const isWhole = one.isWhole || other.isWhole;
  // A whole history cancels the loss.
  const forgottenAt = isWhole ? 0 : Math.max(one.forgottenAt, other.forgottenAt);
  const truncatedUntil = Math.max(one.truncatedUntil, other.truncatedUntil);
  const adds =
    cluster !== one.cluster ||
    views !== one.views ||
    drains !== one.drains ||
    closings !== one.closings ||
    truncatedUntil !== one.truncatedUntil;
  if (!adds && isWhole === one.isWhole && forgottenAt === one.forgottenAt) return one;
  return { cluster, views, drains, closings, isWhole, forgottenAt, truncatedUntil };
}

/** Of two names created at the same time, all clients choose the same one. */
function mergeNames(one: string, other: string): string {
  if (one === '' || other === '') return one === '' ? other : one;
  return one < other ? one : other;
}

/** @param merge returns its first value if the second adds nothing */
function mergeMaps<Value>(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
  merge: (known: Value, read: Value) => Value,
): ReadonlyMap<string, Value> {
  let merged: Map<string, Value> | undefined;
  for (const [id, read] of other) {
    const known = one.get(id);
    const value = known === undefined ? read : merge(known, read);
    if (value === known) continue;
    merged ??= new Map(one);
    merged.set(id, value);
  }
  return merged ?? one;
}

function mergeEntries(one: ViewEntry, other: ViewEntry): ViewEntry {
  // The cause is that of the earlier start; for equal starts the name decides, so that the order of merging does not
  // matter.
  const first = one.since < other.since || (one.since === other.since && one.cause <= other.cause) ? one : other;
  const latest = Math.max(actedOnUntil(one), actedOnUntil(other));
  if (
    first === one &&
    one.confirmedAt >= other.confirmedAt &&
    actedOnUntil(one) >= latest &&
    one.ttlSeconds >= other.ttlSeconds
  )
    return one;
  const confirmedAt = Math.max(one.confirmedAt, other.confirmedAt);
  return confirmed(first, { confirmedAt, latest, ttlSeconds: Math.max(one.ttlSeconds, other.ttlSeconds) });
}

/** Returns the view with this confirmation. */
export function confirmed(
  { nodes, copies, distribution, cause, since }: Omit<ViewEntry, 'confirmedAt' | 'latest' | 'ttlSeconds'>,
  { confirmedAt, latest, ttlSeconds }: Required<Pick<ViewEntry, 'confirmedAt' | 'latest' | 'ttlSeconds'>>,
): ViewEntry {
  const isUnsure = latest > confirmedAt;
  return { nodes, copies, distribution, cause, since, confirmedAt, ...(isUnsure && { latest }), ttlSeconds };
}

/** Until when a client may have acted on the view, milliseconds since 1970. */
export function actedOnUntil({ confirmedAt, latest = confirmedAt }: Pick<ViewEntry, 'confirmedAt' | 'latest'>): number {
  return Math.max(confirmedAt, latest);
}

/** A late confirmation does not overrule the end of the same drain, whatever its time. */
function laterMark(one: DrainMark, other: DrainMark): DrainMark {
  if (one.began !== other.began) return one.began > other.began ? one : other;
  if (one.drained !== other.drained) return one.drained ? other : one;
  if (one.isDone !== other.isDone) return one.isDone ? one : other;
  return other.at > one.at ? other : one;
}

function laterClosing(one: Closing, other: Closing): Closing {
  if (one.confirmedAt !== other.confirmedAt) return one.confirmedAt > other.confirmedAt ? one : other;
  return other.isClosed && !one.isClosed ? other : one;
}

/** Removes the drains that were not confirmed since `moment`, milliseconds since 1970. */
export function forgetDrains(history: History, moment: number): History {
  const kept = [...history.drains].filter(([, { at }]) => at >= moment);
  return kept.length === history.drains.size ? history : { ...history, drains: new Map(kept) };
}

/** Removes the views for which `isOpen` returns false. */
export function pruneHistory(history: History, isOpen: (entry: ViewEntry, id: string) => boolean): History {
  const open = [...history.views].filter(([id, entry]) => isOpen(entry, id));
  return open.length === history.views.size ? history : { ...history, views: new Map(open) };
}

/** Whether `holder` contains all of `wanted`. */
export function knowsAll(holder: History, wanted: History): boolean {
  if (wanted.cluster !== '' && holder.cluster !== wanted.cluster) return false;
  if (holder.truncatedUntil < wanted.truncatedUntil || (wanted.isWhole && !holder.isWhole)) return false;
  if (!holder.isWhole && holder.forgottenAt < wanted.forgottenAt) return false;
  for (const [id, entry] of wanted.views) {
    const known = holder.views.get(id);
    if (known === undefined || known.confirmedAt < entry.confirmedAt || known.since > entry.since) return false;
    if (known.ttlSeconds < entry.ttlSeconds || actedOnUntil(known) < actedOnUntil(entry)) return false;
  }
  for (const [id, mark] of wanted.drains) {
    const known = holder.drains.get(id);
    if (known === undefined || laterMark(known, mark) !== known) return false;
  }
  return knowsClosings(holder, wanted);
}

function knowsClosings(holder: History, wanted: History): boolean {
  for (const [name, closing] of wanted.closings) {
    const known = holder.closings.get(name);
    if (known === undefined || laterClosing(known, closing) !== known) return false;
  }
  return true;
}

/**
 * Whether `wanted` has anything that decides owners and that `holder` lacks: the name of the cluster, a view, a drain,
 * a longer time to live, or a new confirmation after `unconfirmedMs` or more, when other clients may believe that no
 * client acts on the view.
 */
export function isNewsTo(holder: History, wanted: History, unconfirmedMs: number): boolean {
  if (wanted.cluster !== '' && holder.cluster !== wanted.cluster) return true;
  if (holder.truncatedUntil < wanted.truncatedUntil || !knowsClosings(holder, wanted)) return true;
  for (const [id, { since, confirmedAt, ttlSeconds }] of wanted.views) {
    const known = holder.views.get(id);
    if (
      known === undefined ||
      known.since > since ||
      known.ttlSeconds < ttlSeconds ||
      confirmedAt - known.confirmedAt >= unconfirmedMs
    )
      return true;
  }
  for (const [id, mark] of wanted.drains) {
    const known = holder.drains.get(id);
    const isLater = known === undefined || laterMark(known, mark) !== known;
    if (isLater && mark.drained !== (known?.drained ?? false)) return true;
  }
  return false;
}

/**
 * The latest confirmation of a view or drain in `told` that is newer than in `known`, milliseconds since 1970; 0 if
 * there is none.
 */
export function latestNews(known: History, told: History): number {
  let latest = 0;
  for (const [id, { confirmedAt }] of told.views)
    if (confirmedAt > Math.max(latest, known.views.get(id)?.confirmedAt ?? 0)) latest = confirmedAt;
  for (const [id, { at }] of told.drains) if (at > Math.max(latest, known.drains.get(id)?.at ?? 0)) latest = at;
  return latest;
}
