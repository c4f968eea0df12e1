/**
 * Replaces a copy on an earlier owner that is being emptied by a "moved" mark. The copy is not just deleted: a writer
 * that found nothing before the copy was stored would find nothing again, and believe that it won. The mark lives
 * longer than a writer uses a read.
 */
import { casOf, encodeMoved, MOVED_FLAGS } from '../record.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { asFailure, type Reply } from './replies.ts';

/** Time to live of the mark. No node executes a request later than that. */
export const MOVED_SECONDS = 60;
/** A writer reads again before it writes to an earlier owner if its read is older: less than half of the above. */
const OLDEST_LOOK_MS = 20_000;

/** Whether a writer that began to read at `startedAt` (monotonic clock) must read again. */
export function hasOutlived(cluster: Cluster, startedAt: number): boolean {
  return cluster.clock.elapsed() - startedAt > OLDEST_LOOK_MS;
}

/** Replaces the record in `reply` by a mark, if it is unchanged. Returns whether no record is left. */
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
