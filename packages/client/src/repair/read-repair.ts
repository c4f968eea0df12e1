/** Read repair: stores a record again on the owners that lack it. */
import { refusedValue, type SessClientError } from '../errors.ts';
import { RECORD_FLAGS, type StoredRecord } from '../record.ts';
import { expressibleTtl } from '../transport/exptime.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { asFailure, casOf, type Reply } from '../operations/replies.ts';

/**
 * Replaces only what `missing` saw: a write since then wins. Returns whether all nodes stored it, or the error of one
 * that refused it; a later read repairs the rest.
 */
export async function readRepair(
  cluster: Cluster,
  key: string,
  record: StoredRecord,
  missing: readonly Reply[],
  options: RequestOptions | undefined,
): Promise<boolean | SessClientError> {
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
  return outcomes.find((outcome) => refusedValue(outcome)) ?? outcomes.every((outcome) => outcome === 'stored');
}

/**
 * Restores copies that were lost with a node. A restored copy expires before the one that it was made from: nodes tell
 * whole seconds, rounded up, and two copies that are restored from each other in turn would never expire while somebody
 * reads.
 */
export async function restoreCopies(
  cluster: Cluster,
  key: string,
  record: StoredRecord,
  missing: readonly Reply[],
  options: RequestOptions | undefined,
): Promise<void> {
  const { ttlSeconds = record.secondsLeft } = record;
  if (ttlSeconds < 2) return;
  await readRepair(
    cluster,
    key,
    ttlSeconds === Infinity ? record : record.lastingFor(ttlSeconds - 1),
    missing,
    options,
  );
}
