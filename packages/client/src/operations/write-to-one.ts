/**
 * The common case of a write: no view is open, one node holds the key, and the expectation needs no read. One request
 * and one promise; {@link write} handles everything else.
 */
import { encodeRecord, RECORD_FLAGS, StoredRecord } from '../record.ts';
import type { FenceCheck } from '../node/fence.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster, ClusterNode } from '../cluster.ts';
import type { Change } from './write-attempt.ts';
import { write } from './write.ts';

export interface SoleOwnership extends Cluster {
  /**
   * The only node that holds `key` if no view is open and a write may be acknowledged at once; otherwise `undefined`.
   */
  soleWritableOwner(key: string, ttlSeconds: number): ClusterNode | undefined;
}

/** `undefined` if this is not the common case. */
export function writeToOne(
  cluster: SoleOwnership,
  key: string,
  change: Change,
  options: RequestOptions | undefined,
): Promise<StoredRecord> | undefined {
  const { expect, value, ttlSeconds } = change;
  const { basis } = cluster;
  const owner = cluster.soleWritableOwner(key, ttlSeconds);
  const mode = owner === undefined ? undefined : modeOf(expect, owner);
  if (owner === undefined || mode === undefined) return undefined;
  const version = cluster.versions.next(expect instanceof StoredRecord ? expect.version : undefined);
  const bytes = encodeRecord(value, version, ttlSeconds);
  const written = StoredRecord.written(bytes, ttlSeconds);
  const stored = owner.store(mode, key, bytes, { ttlSeconds, flags: RECORD_FLAGS }, options);
  const check = owner.fence.check();
  return stored.then((outcome) => {
    // Acknowledged if no other client has published a change that this one has not read, and this one has not changed
    // its views.
    if (outcome === 'stored' && check.holds === true && cluster.basis === basis) return written;
    return conclude(
      cluster,
      key,
      change,
      { owner, check, written: outcome === 'stored' ? written : undefined },
      options,
    );
  });
}

/** A write that is not acknowledged yet: its fence read is pending, the fence changed, or the store was refused. */
interface OpenWrite {
  readonly owner: ClusterNode;
  readonly check: FenceCheck;
  readonly written: StoredRecord | undefined;
}

async function conclude(
  cluster: SoleOwnership,
  key: string,
  change: Change,
  { owner, check, written }: OpenWrite,
  options: RequestOptions | undefined,
): Promise<StoredRecord> {
  const mayTrust = (await check.answer) || (await cluster.relearn([owner.id]));
  if (written !== undefined && mayTrust && cluster.soleWritableOwner(key, change.ttlSeconds) === owner) return written;
  return write({ cluster, key, options }, change, written && { record: written, id: owner.id });
}

/**
 * A CAS number is valid only on the connection that read it, and until the node's fence changes; without one, the item
 * must be read first (`undefined`).
 */
function modeOf(expect: Change['expect'], owner: ClusterNode): StoreMode | undefined {
  if (expect === 'anything') return 'set';
  if (expect === 'absent') return 'add';
  const { source, cas } = StoredRecord.origin(expect);
  return source === owner.fence.period && cas?.epoch === owner.epoch ? { cas } : undefined;
}
