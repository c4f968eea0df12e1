/** Read repair: stores a record again on the owners that lack it. */
import { refusedValue, type SessClientError } from '../errors.ts';
import { RECORD_FLAGS, type StoredRecord } from '../record.ts';
import { expressibleTtl } from '../transport/exptime.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { Fences } from '../operations/fences.ts';
import { asFailure, askNodes, casOf, needs, type Reply } from '../operations/replies.ts';

/**
 * Stores the record only where the item is still as in `missing`: a later write wins. Returns whether all nodes stored
 * it, or the error of a node that refused it; a later read repairs the rest.
 *
 * `changed`: nothing was stored, because a node may have lost its memory since its fence was read. A writer may have
 * written to that node, and not yet to the node that `record` is from: the writer must see the renewed fences first.
 * The fences are renewed now; read again.
 */
export async function readRepair(
  cluster: Cluster,
  key: string,
  record: StoredRecord,
  missing: readonly Reply[],
  options: RequestOptions | undefined,
): Promise<boolean | 'changed' | SessClientError> {
  const fences = new Fences(cluster);
  for (const { id } of missing) fences.behind(id);
  const changed = await fences.changed();
  if (changed.length > 0) {
    await cluster.relearn(changed);
    return 'changed';
  }
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

/** A copy that ends this soon is not copied, in seconds. */
const LAST_SECONDS = 2;

/**
 * Restores copies that were lost with a node, with the remaining life of the copy that `holder` has. Nodes report whole
 * seconds, rounded up, so a restored copy may live up to a second longer. A copy in its last seconds is not restored:
 * otherwise two copies whose ends differ by a second would be restored from each other in turn, and live for as long as
 * a client reads them.
 */
export async function restoreCopies(
  cluster: Cluster,
  key: string,
  holder: Reply,
  missing: readonly Reply[],
  options: RequestOptions | undefined,
): Promise<void> {
  if ((await restore(cluster, key, holder, missing, options)) !== 'changed') return;
  const [again, ...others] = await askNodes(
    cluster,
    key,
    [holder, ...missing].map(({ id }) => id),
    options,
  );
  if (again !== undefined) await restore(cluster, key, again, others, options);
}

async function restore(
  cluster: Cluster,
  key: string,
  { entry }: Reply,
  missing: readonly Reply[],
  options: RequestOptions | undefined,
): Promise<unknown> {
  if (entry?.kind !== 'record') return undefined;
  const { ttlSeconds = entry.secondsLeft } = entry;
  if (ttlSeconds <= LAST_SECONDS) return undefined;
  const lacking = missing.filter((reply) => needs(reply, entry));
  return readRepair(cluster, key, entry, lacking, options);
}
