/** Derives what routing uses from this client's knowledge of views and nodes. No I/O, no state of its own. */
import type { Aliases } from './aliases.ts';
import type { Closings } from './closings.ts';
import { isEmptied } from './drains.ts';
import type { History } from './history.ts';
import type { ClusterIdentity } from './identity.ts';
import type { Outages } from './outages.ts';
import { isOlder, type OpenView, type RoutingState } from './route.ts';
import type { ViewCache } from './view-cache.ts';
import type { View } from './view.ts';
import type { Windows } from './windows.ts';

/** The views beside the current one whose window is open, the oldest first. */
export function openViews(
  history: History,
  current: View,
  { views, windows, closings }: { readonly views: ViewCache; readonly windows: Windows; readonly closings: Closings },
  now: number,
): readonly OpenView[] {
  const open: OpenView[] = [];
  for (const [id, entry] of history.views) {
    const openUntil = windows.openUntil(id, entry, now);
    if (id === current.id || openUntil <= now) continue;
    const view = views.get(id, entry);
    open.push({
      view,
      confirmedAt: windows.confirmedAt(id, entry, now),
      openUntil,
      agreedAfter: windows.agreedAfter(id, entry, now),
      ...(!view.isUnderstood && { undecidedUntil: windows.undecidedUntil(id, entry, now) }),
      stage: closings.stageOf(history, id),
    });
  }
  return open.toSorted((one, other) => (isOlder(one.view, other.view) ? -1 : 1));
}

/** What `Membership` knows about nodes. */
export interface NodeKnowledge {
  readonly history: History;
  /** Ids of the nodes that discovery lists. */
  readonly listedIds: ReadonlySet<string>;
  /** Nodes that this client must not connect to. */
  readonly unlisted: ReadonlySet<string>;
  readonly outages: Outages;
  readonly identity: ClusterIdentity;
  readonly aliases: Aliases;
  /** All nodes that may hold keys. */
  nodes(): ReadonlySet<string>;
}

export function routingState(
  current: View,
  others: readonly OpenView[],
  known: NodeKnowledge,
  clockSkewMs: number,
  now: number,
): RoutingState {
  const { history, listedIds: listed, unlisted, identity } = known;
  const { down, refusing } = known.outages;
  const isActedOn = nodesActedOn(others, now);
  // Other clients may still list and use a node that merely does not answer this one.
  const isGone = (id: string): boolean => !listed.has(id) && (refusing.has(id) || !isActedOn(id));
  // An unlisted node without a history has lost its records: it may be about to join another cluster.
  const isLost = (id: string): boolean => !listed.has(id) && identity.isBlank(id) && !isActedOn(id);
  const isSpared = (id: string): boolean =>
    isEmptied(history, id) && !isActedOn(id) && !current.nodes.some((node) => node.id === id);
  const drained = new Set([...history.drains.keys()].filter(isSpared));
  return {
    current,
    others,
    agreedAt: Math.max(0, ...others.map(({ agreedAfter }) => agreedAfter)),
    gone: new Set([
      ...unlisted,
      ...[...down].filter(isGone),
      ...identity.foreign.keys(),
      ...[...known.nodes()].filter(isLost),
    ]),
    drained,
    // These nodes were stopped, so nothing waits for them.
    emptied: new Set([...drained].filter((id) => down.has(id))),
    // A copy, because states are compared with later ones.
    aliases: new Map(known.aliases.names),
    clockSkewMs,
  };
}

/** Whether another client may act on a view with the node. Gathers the nodes once, and only if it is asked. */
function nodesActedOn(others: readonly OpenView[], now: number): (id: string) => boolean {
  let ids: Set<string> | undefined;
  return (id) => {
    if (ids === undefined) {
      ids = new Set();
      for (const { view, agreedAfter } of others)
        if (now < agreedAfter) for (const node of view.nodes) ids.add(node.id);
    }
    return ids.has(id);
  };
}

/** Whether both place keys and order writers alike: the same views in the same stages; their end times may differ. */
export function placesAlike(before: RoutingState | undefined, after: RoutingState): boolean {
  const { current, others, aliases } = after;
  if (before?.current !== current || before.others.length !== others.length) return false;
  return (
    others.every(({ view, stage }, index) => {
      const other = before.others[index];
      return other?.view === view && other.stage === stage;
    }) &&
    before.aliases.size === aliases.size &&
    [...aliases].every(([id, name]) => before.aliases.get(id) === name)
  );
}
