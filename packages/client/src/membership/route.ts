/**
 * The route of a key: which nodes own it, which others may hold it, and how to read it. A pure function of the key, the
 * open views and the time.
 *
 * ```
 *                        every view names the same owners
 *   settled   ◀──────────────────────────────────────────────  nobody else could hold the key
 *   overlap    until `agreedAt`: another client may still act on another view
 *   handover   from `agreedAt` until the windows of the other views close
 * ```
 */
import { expressibleTtl } from '../transport/exptime.ts';
import type { View } from './view.ts';

/** A view other than the current one that clients acted on, and whose records may still live. */
export interface OpenView {
  readonly view: View;
  /** When a client last confirmed that it acts on it, milliseconds since 1970. */
  readonly confirmedAt: number;
  /** When its last record expires, milliseconds since 1970. */
  readonly openUntil: number;
  /** When it is agreed that no client acts on it, milliseconds since 1970. */
  readonly agreedAfter: number;
  /**
   * Until then nothing is written, because another client may act on the view and this one does not know its
   * distribution, milliseconds since 1970. Default: 0.
   */
  readonly undecidedUntil?: number;
  /** `closing`: its elders are being emptied. `closed`: they are empty, and some clients may not ask them any more. */
  readonly stage: 'open' | 'closing' | 'closed';
}

/** Everything that routing depends on. Immutable. */
export interface RoutingState {
  readonly current: View;
  /** The other open views, the oldest first: the order of writing, the same for every client. */
  readonly others: readonly OpenView[];
  /** When every client acts on the current view, milliseconds since 1970. */
  readonly agreedAt: number;
  /**
   * Nodes that are not asked, and that nothing waits for: unlisted nodes that answer no client, have lost their
   * records, or that this client must not connect to; and nodes of other clusters.
   */
  readonly gone: ReadonlySet<string>;
  /** Drained nodes of views that no client acts on any more: everything acknowledged is on other nodes, too. */
  readonly drained: ReadonlySet<string>;
  /** The nodes of `drained` that are down: their records are on other nodes, and nothing waits for them. */
  readonly emptied: ReadonlySet<string>;
  /** The listed name of a machine by its earlier name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Largest difference of clocks, milliseconds. */
  readonly clockSkewMs: number;
}

type Mode = 'settled' | 'overlap' | 'handover';

export interface Route {
  /** Node ids in order of preference. */
  readonly owners: readonly string[];
  /** Owners in the other open views that are not owners now. */
  readonly elders: readonly string[];
  /** The nodes to write to, in order: owners in all open views, oldest view first. */
  readonly targets: readonly string[];
  /**
   * The owners in each open view, the current one included: one answering owner per view reveals what was acknowledged
   * under it. Omits a view if one of its owners has been drained.
   */
  readonly groups: readonly (readonly string[])[];
  readonly mode: Mode;
  /** Elders that are being emptied: a write must remove its copies from them. */
  readonly closing: ReadonlySet<string>;
  /**
   * Why writers may disagree on which target orders them: a client may still write by a view with an unknown
   * distribution (`distribution`), or by a closed view (`closing`).
   */
  readonly undecided: 'distribution' | 'closing' | undefined;
  readonly agreedAt: number;
  /**
   * When clients stop asking each elder, by its own views only, milliseconds since 1970. A copy on it must expire by
   * then; otherwise it could be read again after newer copies are lost.
   */
  readonly elderEndsAt: ReadonlyMap<string, number>;
  /** A version later than this comes from a wrong clock, and proves nothing. */
  readonly latest: number;
}

const NONE: ReadonlySet<string> = new Set();

/** The nodes to read from, in order of preference. */
export function readTargets({ owners, elders }: Route): readonly string[] {
  return [...owners, ...elders];
}

export function route(key: string, state: RoutingState, now: number): Route {
  const owners = ownersIn(state.current, key);
  const elderEndsAt = new Map<string, number>();
  const targets = new Set<string>();
  const groups: (readonly string[])[] = [owners];
  let currentPlaced = false;
  let differs = false;
  let undecided: Route['undecided'];
  let closing: Set<string> | undefined;
  for (const { view, openUntil, undecidedUntil = 0, stage } of state.others) {
    if (openUntil <= now) continue;
    // The current view is sorted by age among the others.
    if (!currentPlaced && isOlder(state.current, view)) {
      for (const id of owners) targets.add(id);
      currentPlaced = true;
    }
    const then = ownersThen(view, key, state);
    if (now < undecidedUntil) undecided = 'distribution';
    else if (stage === 'closed' && !isSame(then, owners)) undecided ??= 'closing';
    // All acknowledged records are on the owners; only the order of writers is not decided everywhere yet.
    if (stage === 'closed') continue;
    // A node that was no owner then may lack what was written by that view.
    differs ||= owners.some((id) => !then.includes(id));
    const inReach = then.filter((id) => !state.gone.has(id) && !state.emptied.has(id));
    // Everything acknowledged under a view with a drained node was copied to the owners: their answer is enough.
    if (inReach.length > 0 && !then.some((id) => state.drained.has(id))) groups.push(inReach);
    for (const id of inReach) {
      targets.add(id);
      if (owners.includes(id)) continue;
      // A copy belongs on the elder while one open view names it.
      if (stage === 'open') closing?.delete(id);
      else if (!elderEndsAt.has(id)) (closing ??= new Set()).add(id);
      elderEndsAt.set(id, Math.max(openUntil, elderEndsAt.get(id) ?? 0));
      differs = true;
    }
  }
  for (const id of owners) targets.add(id);
  const mode = !differs ? 'settled' : now < state.agreedAt ? 'overlap' : 'handover';
  return {
    owners,
    elders: [...elderEndsAt.keys()],
    targets: [...targets],
    groups,
    mode,
    closing: closing ?? NONE,
    undecided,
    agreedAt: state.agreedAt,
    elderEndsAt,
    latest: now + state.clockSkewMs,
  };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index]);
}

/** Older views first, then by id: the same order for every client. */
export function isOlder(one: View, other: View): boolean {
  return one.since < other.since || (one.since === other.since && one.id < other.id);
}

/** The shortest life of an item. */
const LEAST_LIFE_MS = 1_000;

/** Whether a copy that is stored on `id` now would outlive the time in which clients ask this elder. */
export function outlivesItsElder(id: string, { elderEndsAt }: Route, now: number): boolean {
  const endsAt = elderEndsAt.get(id);
  return endsAt !== undefined && endsAt - now < LEAST_LIFE_MS;
}

/**
 * Time to live of a copy on `id`, in whole seconds: on an elder, at most until clients stop asking it, rounded down.
 * The least is a second, and a copy that outlives its elder must be taken back.
 */
export function secondsOn(id: string, ttlSeconds: number, { elderEndsAt }: Route, now: number): number {
  const endsAt = elderEndsAt.get(id);
  if (endsAt === undefined) return ttlSeconds;
  const left = expressibleTtl(Math.max(1, Math.floor((endsAt - now) / 1000)), now);
  return ttlSeconds === 0 ? left : Math.min(ttlSeconds, left);
}

/** The owners in a view other than the current one, by the current names of their machines. */
export function ownersThen(view: View, key: string, { aliases }: Pick<RoutingState, 'aliases'>): readonly string[] {
  const owners = ownersIn(view, key);
  return aliases.size === 0 ? owners : [...new Set(owners.map((id) => aliases.get(id) ?? id))];
}

export function ownersIn({ distribution, copies }: View, key: string): readonly string[] {
  return distribution.owners(key, copies).map(({ id }) => id);
}
