/**
 * The route of a key: who holds it, who else could, and how it is read. A pure function of the key, the open views and
 * the time.
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

/** A view other than the current one that somebody acted on, and whose records may still be wanted. */
export interface OpenView {
  readonly view: View;
  /** When a client last said that it acts on it, milliseconds since 1970. */
  readonly confirmedAt: number;
  /** Until when its records may be wanted, milliseconds since 1970. */
  readonly openUntil: number;
  /** When it is agreed that nobody acts on it, milliseconds since 1970. */
  readonly agreedAfter: number;
  /**
   * `closing`: its elders are being emptied. `closed`: they are empty, and maybe somebody already asks them no more.
   */
  readonly stage: 'open' | 'closing' | 'closed';
}

/** All that routing depends on. Immutable: a change makes another. */
export interface RoutingState {
  readonly current: View;
  /** Whatever their number, the oldest first: the order of writing, the same for every client. */
  readonly others: readonly OpenView[];
  /** When every client acts on the current view, milliseconds since 1970. */
  readonly agreedAt: number;
  /**
   * Nodes that have left discovery and do not answer, nor can they answer others: nothing can be had of them, and nothing
   * waits for them.
   */
  readonly gone: ReadonlySet<string>;
  /** Nodes that were drained and are out of reach: what they held is elsewhere, and nothing waits for them. */
  readonly emptied: ReadonlySet<string>;
  /** Names in earlier views that lead to a machine which is listed under another: that one, by the earlier name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** How far apart clocks may be, milliseconds. */
  readonly clockSkewMs: number;
}

type Mode = 'settled' | 'overlap' | 'handover';

export interface Route {
  /** Node ids in order of preference. */
  readonly owners: readonly string[];
  /** Owners in the other open views that are not owners now. */
  readonly elders: readonly string[];
  /** Where a write goes, in the order in which it goes there: owners in all open views, oldest view first. */
  readonly targets: readonly string[];
  /**
   * The owners in each open view, the current one's too: what was acknowledged under a view is known when one of its
   * owners answers.
   */
  readonly groups: readonly (readonly string[])[];
  readonly mode: Mode;
  /** Elders that are being emptied: what is put there is taken back. */
  readonly closing: ReadonlySet<string>;
  /**
   * Why writers may not agree who of the targets decides: somebody may still write by a view whose distribution this
   * client does not know (`distribution`), or by one that is closed (`closing`).
   */
  readonly undecided: 'distribution' | 'closing' | undefined;
  readonly agreedAt: number;
  /**
   * When each elder stops being asked, by its own views and no other's, milliseconds since 1970: what is written to it
   * lives no longer. A copy that outlived that would be read again when the nodes that know better are gone.
   */
  readonly elderEndsAt: ReadonlyMap<string, number>;
  /** A version from after this moment was made by a clock that is wrong, and says nothing about when it was written. */
  readonly latest: number;
}

const NONE: ReadonlySet<string> = new Set();

export function route(key: string, state: RoutingState, now: number): Route {
  const owners = ownersIn(state.current, key);
  const elderEndsAt = new Map<string, number>();
  const targets = new Set<string>();
  const groups: (readonly string[])[] = [owners];
  let currentPlaced = false;
  let differs = false;
  let undecided: Route['undecided'];
  let closing: Set<string> | undefined;
  for (const { view, openUntil, agreedAfter, stage } of state.others) {
    if (openUntil <= now) continue;
    // The current view has its place by age among the others.
    if (!currentPlaced && isOlder(state.current, view)) {
      for (const id of owners) targets.add(id);
      currentPlaced = true;
    }
    const then = ownersThen(view, key, state);
    if (!view.isUnderstood && now < agreedAfter) undecided = 'distribution';
    else if (stage === 'closed' && !isSame(then, owners)) undecided ??= 'closing';
    // All that was acknowledged is on the owners. Only who decides between two writers is not clear everywhere yet.
    if (stage === 'closed') continue;
    // An owner that was none then may have missed what was written by that view.
    differs ||= owners.some((id) => !then.includes(id));
    const inReach = then.filter((id) => !state.gone.has(id) && !state.emptied.has(id));
    if (inReach.length > 0) groups.push(inReach);
    for (const id of inReach) {
      targets.add(id);
      if (owners.includes(id)) continue;
      // As long as one view that is not closing names it, copies belong there.
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

/** Older views first; those of one age by their names: the same order for every client. */
export function isOlder(one: View, other: View): boolean {
  return one.since < other.since || (one.since === other.since && one.id < other.id);
}

/**
 * How long what is written to `id` may live, in whole seconds: on an elder no longer than that is asked; its last
 * second is rounded down.
 */
export function secondsOn(id: string, ttlSeconds: number, { elderEndsAt }: Route, now: number): number {
  const endsAt = elderEndsAt.get(id);
  if (endsAt === undefined) return ttlSeconds;
  const left = expressibleTtl(Math.max(1, Math.floor((endsAt - now) / 1000)), now);
  return ttlSeconds === 0 ? left : Math.min(ttlSeconds, left);
}

/** In a view other than the current one, by the names that their machines have now. */
export function ownersThen(view: View, key: string, { aliases }: Pick<RoutingState, 'aliases'>): readonly string[] {
  const owners = ownersIn(view, key);
  return aliases.size === 0 ? owners : [...new Set(owners.map((id) => aliases.get(id) ?? id))];
}

export function ownersIn({ distribution, copies }: View, key: string): readonly string[] {
  return distribution.owners(key, copies).map(({ id }) => id);
}
