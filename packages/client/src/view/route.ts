/**
 * The route of a key: who holds it, who else could, and how it is read. A pure function of the key, the open views and the time.
 *
 * ```
 *                        every view names the same holders
 *   settled   ◀──────────────────────────────────────────────  nobody else could hold the key
 *   overlap    until `agreedAt`: another client may still act on another view
 *   handover   from `agreedAt` until the windows of the other views close
 * ```
 */
import type { View } from './view.ts';

/** A view other than the current one that somebody acted on, and whose records may still be wanted. */
export interface OpenView {
  readonly view: View;
  /** Until when its records may be wanted, milliseconds since 1970. */
  readonly openUntil: number;
  /** When it is agreed that nobody acts on it, milliseconds since 1970. */
  readonly agreedAfter: number;
}

/** All that routing depends on. Immutable: a change makes another. */
export interface RoutingState {
  readonly current: View;
  /** Whatever their number, the oldest first: the order of writing, the same for every client. */
  readonly others: readonly OpenView[];
  /** When every client acts on the current view, milliseconds since 1970. */
  readonly agreedAt: number;
  /** Nodes that have left discovery and do not answer: nothing can be had of them, and nothing waits for them. */
  readonly gone: ReadonlySet<string>;
  /** How many nodes hold each record. */
  readonly copies: number;
}

type Mode = 'settled' | 'overlap' | 'handover';

export interface Route {
  /** Node ids in order of preference. */
  readonly owners: readonly string[];
  /** Owners in the other open views that are not owners now. */
  readonly elders: readonly string[];
  /** Where a write goes, in the order in which it goes there: owners in all open views, oldest view first. */
  readonly targets: readonly string[];
  /** The owners in each open view, the current one's too: what was acknowledged under a view is known when one of its owners answers. */
  readonly groups: readonly (readonly string[])[];
  readonly mode: Mode;
  readonly agreedAt: number;
  /** When the last elder stops being asked; `now` where there is none. What is written to an elder lives no longer. */
  readonly windowEndsAt: number;
}

export function route(key: string, state: RoutingState, now: number): Route {
  const owners = ownersIn(state.current, key, state.copies);
  const elders = new Set<string>();
  const targets = new Set<string>();
  let windowEndsAt = now;
  const groups: (readonly string[])[] = [owners];
  let currentPlaced = false;
  let differs = false;
  for (const { view, openUntil } of state.others) {
    if (openUntil <= now) continue;
    // The current view has its place by age among the others.
    if (!currentPlaced && isOlder(state.current, view)) {
      for (const id of owners) targets.add(id);
      currentPlaced = true;
    }
    const then = ownersIn(view, key, state.copies);
    // An owner that was none then may have missed what was written by that view.
    differs ||= owners.some((id) => !then.includes(id));
    if (differs) windowEndsAt = Math.max(windowEndsAt, openUntil);
    const inReach = then.filter((id) => !state.gone.has(id));
    if (inReach.length > 0) groups.push(inReach);
    for (const id of inReach) {
      targets.add(id);
      if (owners.includes(id)) continue;
      elders.add(id);
      differs = true;
      windowEndsAt = Math.max(windowEndsAt, openUntil);
    }
  }
  for (const id of owners) targets.add(id);
  const mode = !differs ? 'settled' : now < state.agreedAt ? 'overlap' : 'handover';
  return { owners, elders: [...elders], targets: [...targets], groups, mode, agreedAt: state.agreedAt, windowEndsAt };
}

/** Older views first; those of one age by their names: the same order for every client. */
export function isOlder(one: View, other: View): boolean {
  return one.since < other.since || (one.since === other.since && one.id < other.id);
}

export function ownersIn(view: View, key: string, copies: number): readonly string[] {
  return view.distribution.owners(key, copies).map(({ id }) => id);
}
