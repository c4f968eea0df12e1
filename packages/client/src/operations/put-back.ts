/** Read repair: a copy that is missing where it belongs is put there again. */
import { RECORD_FLAGS, type StoredRecord } from '../record.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster } from './cluster.ts';
import { asSilence, casOf, type Look } from './look.ts';

/** Never over anything: whoever wrote meanwhile knows better. What fails is repaired by a later read. */
export async function putBack(
  cluster: Cluster,
  key: string,
  record: StoredRecord,
  missing: readonly Look[],
  options: RequestOptions | undefined,
): Promise<void> {
  await Promise.all(
    missing.map(async ({ id, entry }) => {
      const cas = entry === undefined ? undefined : casOf(entry);
      const mode: StoreMode = cas === undefined ? 'add' : { cas };
      try {
        await cluster.holder(id).store(mode, key, record.bytes, { ttlSeconds: record.secondsLeft, flags: RECORD_FLAGS }, options);
      } catch (error) {
        asSilence(error);
      }
    }),
  );
}
