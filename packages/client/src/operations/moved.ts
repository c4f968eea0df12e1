/**
 * Replaces a copy on an earlier owner that is being emptied by a "moved" mark. The copy is not just deleted: a writer
 * that found nothing before the copy was stored would find nothing again, and believe that it won. The mark lives
 * longer than a writer uses a read.
 */
import { casOf, encodeMoved, MOVED_FLAGS } from '../record.ts';
import type { Cluster, KeyOperation } from '../cluster.ts';
import { asFailure, type Reply } from './replies.ts';

/** Time to live of the mark. No node executes a request later than that. */
export const MOVED_SECONDS = 60;
/** A writer reads again before it writes if its read is older: less than half of the above. */
const OLDEST_LOOK_MS = 20_000;

/**
 * Whether a writer that began to read at `startedAt` ({@link SteadyClock.latest}) must read again. A mark that it did not
 * see may have expired since, or the tombstone of the record that it replaces: a machine may be suspended for hours.
 *
 * @param ttlSeconds of the record; a tombstone lives as long
 */
export function hasOutlived({ clock }: Cluster, startedAt: number, ttlSeconds: number): boolean {
  return clock.latest() - startedAt > Math.min(OLDEST_LOOK_MS, ttlSeconds * 1000);
}

/** Replaces the record in `reply` by a mark, if it is unchanged. Returns whether no record is left. */
export async function leaveMoved({ cluster, key, options }: KeyOperation, { id, entry }: Reply): Promise<boolean> {
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
