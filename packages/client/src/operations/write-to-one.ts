/**
 * The common write: nothing is open, one node holds the key, and what the write expects is known without asking. One request, one promise on top
 * of it; whatever else comes of it is left to {@link write}.
 */
import { encodeRecord, RECORD_FLAGS, StoredRecord } from '../record.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster, Holder } from './cluster.ts';
import { write, type Change } from './write.ts';

export interface SoleOwnership extends Cluster {
  /** The node that alone holds `key` while nothing is open and a write may be acknowledged at once; `undefined` otherwise. */
  soleWritableOwner(key: string, ttlSeconds: number): Holder | undefined;
}

/** `undefined` when the write is not a common one. */
export function writeToOne(
  cluster: SoleOwnership,
  key: string,
  change: Change,
  options: RequestOptions | undefined,
): Promise<StoredRecord> | undefined {
  const { expect, value, ttlSeconds } = change;
  const owner = cluster.soleWritableOwner(key, ttlSeconds);
  const mode = owner === undefined ? undefined : modeOf(expect, owner);
  if (owner === undefined || mode === undefined) return undefined;
  const version = cluster.versions.next(expect instanceof StoredRecord ? expect.version : undefined);
  const bytes = encodeRecord(value, version, ttlSeconds);
  const written = StoredRecord.written(bytes, ttlSeconds);
  return owner.store(mode, key, bytes, { ttlSeconds, flags: RECORD_FLAGS }, options).then((outcome) => {
    // Before the word is given: still the same owner, and no long sleep in between.
    if (outcome === 'stored' && cluster.soleWritableOwner(key, ttlSeconds) === owner) return written;
    return write(cluster, key, change, options, outcome === 'stored' ? [written] : []);
  });
}

/** A CAS number is good on the connection that read it, and on no other; without one the item has to be read first. */
function modeOf(expect: Change['expect'], owner: Holder): StoreMode | undefined {
  if (expect === 'anything') return 'set';
  if (expect === 'absent') return 'add';
  const { source, cas } = StoredRecord.origin(expect);
  return source === owner && cas?.epoch === owner.epoch ? { cas } : undefined;
}
