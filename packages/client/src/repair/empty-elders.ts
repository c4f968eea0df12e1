/** Copies the newest entry of one key to its owners, and removes it from the elders that are being emptied. */
import { refusedValue, type SessClientError } from '../errors.ts';
import { failureIn, holds, askByRoute, newestOf, outOfReach, type Reply } from '../operations/replies.ts';
import { readTargets } from '../membership/route.ts';
import type { StoredRecord, Tombstone } from '../record.ts';
import { versionOf } from '../version.ts';
import type { KeyOperation } from '../cluster.ts';
import { leaveMoved } from '../operations/moved.ts';
import { migrateTombstone } from './migrate.ts';
import type { ListingCluster } from './migrate-key.ts';
import { Reservation } from '../operations/reservation.ts';
import { readRepair } from './read-repair.ts';

export interface Emptied {
  /**
   * Whether an elder held a copy written before `before`, or other clients wrote the key faster than it could be
   * copied.
   */
  readonly isFound: boolean;
  /** Whether an owner lacked the newest entry. */
  readonly isMigrated: boolean;
}

const MAX_ATTEMPTS = 8;
/** Delay before asking a node again that did not answer. */
const RETRY_PAUSE_MS = 100;

/**
 * @param before When every client knew that elders are being emptied, milliseconds since 1970. A client that writes to
 *   an elder later removes that copy itself; if it crashes first, the copy was copied to the owners or expires within a
 *   minute.
 */
export async function emptyElders(
  cluster: ListingCluster,
  key: string,
  before: number,
  signal: AbortSignal,
): Promise<Emptied> {
  const operation = { cluster, key, options: { signal } };
  const reservation = new Reservation(operation);
  let [isFound, isMigrated] = [false, false];
  let failure: SessClientError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const replies = await askByRoute(operation, readTargets(route), route);
    if (replies === 'changed') continue;
    failure = failureIn(replies);
    if (failure !== undefined) {
      await cluster.pause(RETRY_PAUSE_MS, signal);
      continue;
    }
    const newest = newestOf(replies);
    if (newest === undefined) return { isFound, isMigrated };
    const stale = replies.filter(({ id, entry }) => route.closing.has(id) && entry?.kind === 'record');
    const old = stale.filter(({ entry }) => entry?.kind === 'record' && entry.version < versionOf(before));
    isFound ||= old.length > 0;
    const lacking = replies.filter((reply) => route.owners.includes(reply.id) && !holds(reply, newest));
    isMigrated ||= lacking.length > 0;
    if (lacking.length > 0 && !(await bring(operation, newest, lacking, reservation))) continue;
    const outcomes = await Promise.all(stale.map((reply) => leaveMoved(operation, reply)));
    if (!outcomes.includes(false)) return { isFound, isMigrated };
  }
  if (failure !== undefined) throw outOfReach(failure);
  return { isFound: true, isMigrated };
}

/**
 * Stores the entry unchanged: the copies agree, so it needs no new version, and pending changes based on it stay valid.
 * Returns whether all owners stored it.
 */
async function bring(
  operation: KeyOperation,
  newest: StoredRecord | Tombstone,
  lacking: readonly Reply[],
  reservation: Reservation,
): Promise<boolean> {
  const placed =
    newest.kind === 'record'
      ? await readRepair(operation, newest, lacking, reservation)
      : await migrateTombstone(operation, lacking, newest);
  if (refusedValue(placed)) throw placed;
  return placed === 'stored';
}
