/** All placements of a key: in each open view, and in forgotten views in which all its owners were lost. */
import type { ForgottenView } from '../membership/forgotten-views.ts';
import { ownersIn, ownersThen, type RoutingState } from '../membership/route.ts';
import type { Placement } from './miss-cause.ts';

/** The current view first. `now`: milliseconds since 1970. */
export function placementsOf(
  key: string,
  state: RoutingState,
  forgotten: readonly ForgottenView[],
  now: number,
): readonly [Placement, ...Placement[]] {
  const { current, others, gone } = state;
  const open = others.map(({ view, agreedAfter }) => ({
    owners: ownersThen(view, key, state),
    since: view.since,
    actedOnUntil: agreedAfter,
    lost: gone,
  }));
  // If one owner kept its copies, they were migrated before the view was forgotten.
  const lost = forgotten
    .map(({ view, lost: nodes, actedOnUntil }) => ({
      owners: ownersIn(view, key),
      since: view.since,
      actedOnUntil,
      lost: nodes,
    }))
    .filter((placement) => placement.owners.every((id) => placement.lost.has(id)));
  return [{ owners: ownersIn(current, key), since: current.since, actedOnUntil: now, lost: gone }, ...open, ...lost];
}
