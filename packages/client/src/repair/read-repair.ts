/** Read repair: a copy that is missing where it belongs is put there again. */
import { refusedValue, type SessClientError } from '../errors.ts';
import { RECORD_FLAGS, type StoredRecord } from '../record.ts';
import { expressibleTtl } from '../transport/exptime.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { asFailure, casOf, type Reply } from '../operations/replies.ts';

/**
 * Never over anything that was not looked at: whoever wrote meanwhile knows better. Whether all took it, or why one
 * refused it; what fails is repaired by a later read.
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
