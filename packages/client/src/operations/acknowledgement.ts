import type { KeyOperation } from '../cluster.ts';
import type { Route } from '../membership/route.ts';
import type { Fences } from './fences.ts';
import { maySkip } from './skipped.ts';

/**
 * Whether a write or a delete that was stored by this route may be acknowledged. If not, other clients may act on a view
 * without it: try again.
 *
 * @param fences read behind what was stored
 * @param skipped ids of the targets that did not store it
 */
export async function mayAcknowledge(
  operation: KeyOperation,
  route: Route,
  fences: Fences,
  skipped: readonly string[],
): Promise<boolean> {
  const { cluster, key } = operation;
  if (!(await (route.targets.length > 1 ? fences.areUnchanged() : fences.hold()))) return false;
  if (!(await maySkip(operation, route, skipped))) return false;
  await cluster.ensurePublished();
  return cluster.route(key).targets.every((id) => route.targets.includes(id));
}
