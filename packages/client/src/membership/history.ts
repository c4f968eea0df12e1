/**
 * What the cluster remembers of its own changes: which views were acted on, and until when at least. Kept as one small
 * record on every node, so that a process that starts in the middle of a handover knows what came before it.
 *
 * A history is a value. {@link mergeHistories} is commutative, associative and idempotent: nodes and clients may hear
 * of things in any order, any number of times, and agree in the end. What is heard a second time, as most is, leaves
 * the very same value.
 */
import { createHash } from 'node:crypto';

export type ViewCause = 'discovery' | 'node-down' | 'node-recovered' | 'drain';

/** A node of a view: what a distribution needs to place its points. */
export interface ViewNode {
  readonly id: string;
  readonly weight: number;
  /** Only where there are several copies: one has no other zone to go to. */
  readonly zone?: string;
}

/** Begins the fingerprint of a distribution to which the order of the nodes matters, as it does to modulo. */
export const ORDERED = 'ordered-';

/** All that decides who owns a key. */
export interface Placement {
  /** In the order of the list, which matters to some distributions. */
  readonly nodes: readonly ViewNode[];
  /** How many nodes hold each key. */
  readonly copies: number;
  /** Which distribution, by its fingerprint. */
  readonly distribution: string;
}

/** One view, as the history knows it. */
export interface ViewEntry extends Placement {
  readonly cause: ViewCause;
  /** When it was first acted on, milliseconds since 1970. */
  readonly since: number;
  /** When a client last said that it acts on it, milliseconds since 1970. */
  readonly confirmedAt: number;
  /**
   * The longest time to live in use while it was acted on: how long a record written under it may be wanted after it.
   */
  readonly ttlSeconds: number;
}

/**
 * Whether a node was taken out of rotation on purpose. The drain that began last holds; of one drain, that it is over,
 * then that it is done.
 */
export interface DrainMark {
  readonly drained: boolean;
  /** When this drain began, milliseconds since 1970: what is said of it again does not make it a later one. */
  readonly began: number;
  /**
   * Whether all that the node held is elsewhere. Until then whoever drains it says so again and again, afterwards
   * everybody who lists the node.
   */
  readonly isDone: boolean;
  /** When that was said last, milliseconds since 1970. */
  readonly at: number;
}

/** That the handover from a view ends before its window does: what was confirmed of the view later is not concerned. */
export interface Closing {
  /** Milliseconds since 1970: of the view, as the history knew it. */
  readonly confirmedAt: number;
  /**
   * Until then, whoever puts a copy on an elder of the view takes it back. From then on nothing is left there, and
   * nobody asks: the view is forgotten by whoever knows that this stands on every node of it.
   */
  readonly isClosed: boolean;
}

export interface History {
  /** The random name of the cluster, which tells it from others; empty where an earlier version made it. */
  readonly cluster: string;
  /** By {@link viewId}. */
  readonly views: ReadonlyMap<string, ViewEntry>;
  /** By node id. A drain must be acted on by every client, or its view is never agreed. */
  readonly drains: ReadonlyMap<string, DrainMark>;
  /** By {@link closingName} of the view. */
  readonly closings: ReadonlyMap<string, Closing>;
  /**
   * Whether nothing that came before can be missing from it: a client that wrote it had heard every listed node, or
   * read one that was whole.
   */
  readonly isWhole: boolean;
  /**
   * When a client last found that nodes had lost the history, and knew of nobody who had the whole: milliseconds since
   * 1970; 0 never.
   */
  readonly forgottenAt: number;
  /** Until when views may be wanted that did not fit, milliseconds since 1970; 0 when all fit. */
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

/** The identity of a view: all that decides owners, and the order of its nodes where that does. */
export function viewId({ nodes, copies, distribution }: Placement): string {
  const names = nodes.map(
    ({ id, weight, zone }) => `${id}${weight === 1 ? '' : `*${weight}`}${zone === undefined ? '' : `@${zone}`}`,
  );
  const ordered = distribution.startsWith(ORDERED) ? names : names.toSorted();
  return [
    ...ordered,
    ...(copies === 1 ? [] : [`copies=${copies}`]),
    ...(distribution === '' ? [] : [`by=${distribution}`]),
  ].join(' ');
}

/** A short name of a view, of which the closing outlives it. */
export function closingName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}

/** What both know; `one` itself where it knows all of it. */
export function mergeHistories(one: History, other: History): History {
  const cluster = mergeNames(one.cluster, other.cluster);
  const views = mergeMaps(one.views, other.views, mergeEntries);
  const drains = mergeMaps(one.drains, other.drains, laterMark);
  const closings = mergeMaps(one.closings, other.closings, laterClosing);
  const isWhole = one.isWhole || other.isWhole;
  // What somebody knows as a whole was forgotten by nobody who matters.
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

/** Of two names that were made at the same moment, everybody takes the same one. */
function mergeNames(one: string, other: string): string {
  if (one === '' || other === '') return one === '' ? other : one;
  return one < other ? one : other;
}

/** `merge` gives back the first of its values where the second adds nothing. */
function mergeMaps<Value>(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
  merge: (known: Value, told: Value) => Value,
): ReadonlyMap<string, Value> {
  let merged: Map<string, Value> | undefined;
  for (const [id, told] of other) {
    const known = one.get(id);
    const value = known === undefined ? told : merge(known, told);
    if (value === known) continue;
    merged ??= new Map(one);
    merged.set(id, value);
  }
  return merged ?? one;
}

function mergeEntries(one: ViewEntry, other: ViewEntry): ViewEntry {
  // The cause follows the earlier beginning; equal beginnings are told apart by name, so that the order of merging does
  // not matter.
  const first = one.since < other.since || (one.since === other.since && one.cause <= other.cause) ? one : other;
  if (first === one && one.confirmedAt >= other.confirmedAt && one.ttlSeconds >= other.ttlSeconds) return one;
  return {
    ...first,
    confirmedAt: Math.max(one.confirmedAt, other.confirmedAt),
    ttlSeconds: Math.max(one.ttlSeconds, other.ttlSeconds),
  };
}

/** A renewal that was on its way when the node was put back does not overrule that, whatever its time. */
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

/** Without the drains that nobody has spoken of since `moment`, milliseconds since 1970. */
export function forgetDrains(history: History, moment: number): History {
  const kept = [...history.drains].filter(([, { at }]) => at >= moment);
  return kept.length === history.drains.size ? history : { ...history, drains: new Map(kept) };
}

/** Without the views for which `isOpen` says no: what nobody can still want is forgotten. */
export function pruneHistory(history: History, isOpen: (entry: ViewEntry, id: string) => boolean): History {
  const open = [...history.views].filter(([id, entry]) => isOpen(entry, id));
  return open.length === history.views.size ? history : { ...history, views: new Map(open) };
}

/** Whether `holder` knows everything that `wanted` says. */
export function knowsAll(holder: History, wanted: History): boolean {
  if (wanted.cluster !== '' && holder.cluster !== wanted.cluster) return false;
  if (holder.truncatedUntil < wanted.truncatedUntil || (wanted.isWhole && !holder.isWhole)) return false;
  if (!holder.isWhole && holder.forgottenAt < wanted.forgottenAt) return false;
  for (const [id, entry] of wanted.views) {
    const known = holder.views.get(id);
    if (known === undefined || known.confirmedAt < entry.confirmedAt || known.since > entry.since) return false;
    if (known.ttlSeconds < entry.ttlSeconds) return false;
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
 * Whether `wanted` says anything that decides owners, and that `holder` does not know: the name of the cluster, a view,
 * a drain, a longer time to live; or a view that is confirmed again after `unconfirmedMs` or more, when others may take it for one that nobody
 * acts on.
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
 * The latest moment that `told` says and `known` does not: when a view was confirmed or a drain renewed, milliseconds
 * since 1970; 0 when there is none.
 */
export function latestNews(known: History, told: History): number {
  let latest = 0;
  for (const [id, { confirmedAt }] of told.views)
    if (confirmedAt > Math.max(latest, known.views.get(id)?.confirmedAt ?? 0)) latest = confirmedAt;
  for (const [id, { at }] of told.drains) if (at > Math.max(latest, known.drains.get(id)?.at ?? 0)) latest = at;
  return latest;
}
