/** Read repair: stores a record again on the owners that lack it. */
import { refusedValue, type RefusedValue } from '../errors.ts';
import { casOf, RECORD_FLAGS, type StoredRecord } from '../record.ts';
import { expressibleTtl } from '../transport/exptime.ts';
import type { StoreMode } from '../transport/transport.ts';
import type { KeyOperation } from '../cluster.ts';
import { asFailure, askNodes, needs, type Reply } from '../operations/replies.ts';
import { Reservation } from '../operations/reservation.ts';

/**
 * Stores the record only where the item is still as in `missing`: a later write wins. Returns `stored` if all nodes
 * stored it, `overtaken` if not (read again), or the error of a node that refused it; a later read repairs the rest.
 *
 * @param reservation of the operation, whose next attempt completes what this one began
 */
export async function readRepair(
  { cluster, key, options }: KeyOperation,
  record: StoredRecord,
  missing: readonly Reply[],
  reservation: Reservation,
): Promise<'stored' | 'overtaken' | RefusedValue> {
  const reserved = await reservation.hold(missing);
  if (reserved !== undefined) return reserved;
  const outcomes = await Promise.all(
    missing.map(async ({ id, entry }) => {
      const cas = entry === undefined ? undefined : casOf(entry);
      const mode: StoreMode = cas === undefined ? 'add' : { cas };
      try {
        const attributes = { ttlSeconds: expressibleTtl(record.secondsLeft, cluster.clock.now()), flags: RECORD_FLAGS };
        return await cluster.node(id).store(mode, key, record.bytes, attributes, options);
      } catch (error) {
        return refusedValue(error) ? error : asFailure(error);
      }
    }),
  );
  const refused = outcomes.find((outcome) => refusedValue(outcome));
  return refused ?? (outcomes.every((outcome) => outcome === 'stored') ? 'stored' : 'overtaken');
}

/** A copy that ends this soon is not copied, in seconds. */
const LAST_SECONDS = 2;
/** Attempts to restore copies. The first one reserves the key. */
const MAX_ATTEMPTS = 4;

/**
 * Restores copies that were lost with a node, with the remaining life of the copy that `holder` has. Nodes report whole
 * seconds, rounded up, so a restored copy may live up to a second longer. A copy in its last seconds is not restored:
 * otherwise two copies whose ends differ by a second would be restored from each other in turn, and live for as long as
 * a client reads them.
 */
export async function restoreCopies(operation: KeyOperation, holder: Reply, missing: readonly Reply[]): Promise<void> {
  const ids = [holder, ...missing].map(({ id }) => id);
  const reservation = new Reservation(operation);
  let replies: readonly Reply[] = [holder, ...missing];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (attempt > 1) replies = await askNodes(operation, ids);
    if ((await restore(operation, replies, reservation)) !== 'overtaken') return;
  }
}

async function restore(
  operation: KeyOperation,
  [holder, ...others]: readonly Reply[],
  reservation: Reservation,
): Promise<unknown> {
  const entry = holder?.entry;
  if (entry?.kind !== 'record') return undefined;
  const { ttlSeconds = entry.secondsLeft } = entry;
  if (ttlSeconds <= LAST_SECONDS) return undefined;
  const lacking = others.filter((reply) => needs(reply, entry));
  return readRepair(operation, entry, lacking, reservation);
}
