/**
 * Taking a copy away from an earlier owner that is being emptied. It is not removed: a writer that found nothing there
 * before the copy came would find nothing again, and take itself for the one that the node decided for. So something is
 * left, for longer than any writer acts by what it saw.
 */
import { encodeMoved, MOVED_FLAGS } from '../record.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { asFailure, casOf, type Reply } from './replies.ts';

/** How long it is left. A request that a node carries out later than that is not expected. */
export const MOVED_SECONDS = 60;
/** Before it writes to an earlier owner, a writer looks again if its look is older: less than half of the above. */
const OLDEST_LOOK_MS = 20_000;

/** Whether a writer that began to look at `startedAt`, by the clock that never runs backwards, has to look again. */
export function hasOutlived(cluster: Cluster, startedAt: number): boolean {
  return cluster.clock.elapsed() - startedAt > OLDEST_LOOK_MS;
}

/** Takes the record away that `reply` saw, if it is unchanged. Whether it was. */
export async function leaveMoved(
  cluster: Cluster,
  key: string,
  { id, entry }: Reply,
  options: RequestOptions | undefined,
): Promise<boolean> {
  if (entry?.kind !== 'record') return true;
  const cas = casOf(entry);
  if (cas === undefined) return false;
  try {
    const attributes = { ttlSeconds: MOVED_SECONDS, flags: MOVED_FLAGS };
    const bytes = encodeMoved(entry.version, MOVED_SECONDS);
    return (await cluster.node(id).store({ cas }, key, bytes, attributes, options)) === 'stored';
  } catch (error) {
    asFailure(error);
    return false;
  }
}
