/**
 * Copies a record to its owners under one new version, then to the elders that hold it, so that a compare-and-swap
 * against an elder's old copy fails. On an elder it lives only as long as clients ask elders. A tombstone is copied
 * unchanged.
 */
import { refusedValue, type RefusedValue } from '../errors.ts';
import { casOf, encodeRecord, RECORD_FLAGS, StoredRecord, TOMBSTONE_FLAGS, type Tombstone } from '../record.ts';
import { expressibleTtl, secondsUntil } from '../transport/exptime.ts';
import { outlivesItsElder, secondsOn, type Route } from '../membership/route.ts';
import type { KeyOperation } from '../cluster.ts';
import { hasOutlived, leaveMoved } from '../operations/moved.ts';
import { asFailure, highestVersion, type Reply } from '../operations/replies.ts';
import type { Reservation } from '../operations/reservation.ts';

/** What an operation read, by which route. */
interface Found {
  readonly route: Route;
  readonly replies: readonly Reply[];
  readonly newest: StoredRecord | Tombstone;
  readonly reservation: Reservation;
  /** When it began to read, by {@link SteadyClock.latest}. */
  readonly startedAt: number;
}

/**
 * The migrated record; `'overtaken'` if another client wrote meanwhile (read again); or the error of a node that
 * refused it.
 */
export async function migrate(
  operation: KeyOperation,
  { route, replies, newest, reservation, startedAt }: Found,
): Promise<StoredRecord | 'overtaken' | RefusedValue> {
  const { cluster } = operation;
  const owners = replies.filter(({ id }) => route.owners.includes(id));
  if (newest.kind === 'tombstone') return migrateTombstone(operation, owners, newest);
  const reserved = await reservation.hold(owners);
  if (reserved !== undefined) return reserved;
  const version = cluster.versions.next(highestVersion(replies));
  const ttlSeconds = expressibleTtl(newest.secondsLeft, cluster.clock.now());
  // The record lives that long, and the current view must be remembered for as long.
  await cluster.announceTtl(ttlSeconds, 'remaining');
  const bytes = encodeRecord(newest.value, version, ttlSeconds, newest.stamp);
  const elders = replies.filter(
    ({ id, entry }) => route.elders.includes(id) && (entry?.kind === 'record' || entry?.kind === 'tombstone'),
  );
  for (const reply of owners) {
    if (hasOutlived(cluster, startedAt, ttlSeconds)) return 'overtaken';
    const replaced = await replace(operation, reply, bytes, { ttlSeconds, flags: RECORD_FLAGS });
    if (replaced !== 'stored') return replaced;
  }
  for (const reply of elders) {
    if (route.closing.has(reply.id) || outlivesItsElder(reply.id, route, cluster.clock.now())) {
      if (!(await leaveMoved(operation, reply))) return 'overtaken';
      continue;
    }
    const seconds = secondsOn(reply.id, ttlSeconds, route, cluster.clock.now());
    const replaced = await replace(operation, reply, bytes, { ttlSeconds: seconds, flags: RECORD_FLAGS });
    if (replaced !== 'stored') return replaced;
  }
  return StoredRecord.written(bytes, ttlSeconds);
}

/** Returns `overtaken`, so that the caller reads the tombstone next, or the error of a node that refused it. */
export async function migrateTombstone(
  operation: KeyOperation,
  owners: readonly Reply[],
  tombstone: Tombstone,
): Promise<'overtaken' | RefusedValue> {
  const ttlSeconds = secondsUntil(tombstone.endsAt, operation.cluster.clock.now());
  for (const reply of owners) {
    if (reply.entry?.kind === 'tombstone') continue;
    const replaced = await replace(operation, reply, tombstone.bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS });
    if (refusedValue(replaced)) return replaced;
  }
  return 'overtaken';
}

/**
 * Replaces the item in `reply` by `bytes` if it is unchanged. If the node does not answer, returns `overtaken`: the
 * next read asks all nodes again.
 */
async function replace(
  { cluster, key, options }: KeyOperation,
  reply: Reply,
  bytes: Buffer,
  attributes: { readonly ttlSeconds: number; readonly flags: number },
): Promise<'stored' | 'overtaken' | RefusedValue> {
  const cas = reply.entry === undefined ? undefined : casOf(reply.entry);
  try {
    const outcome = await cluster
      .node(reply.id)
      .store(cas === undefined ? 'add' : { cas }, key, bytes, attributes, options);
    return outcome === 'stored' ? 'stored' : 'overtaken';
  } catch (error) {
    if (refusedValue(error)) return error;
    asFailure(error);
    return 'overtaken';
  }
}
