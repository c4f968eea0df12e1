/** Writes a record: compare-and-swap on every node that may be asked for the key. */
import { SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import type { StoredRecord } from '../record.ts';
import type { KeyOperation } from '../cluster.ts';
import { mayAcknowledge } from './acknowledgement.ts';
import { PlacedCopies } from './placed-copies.ts';
import { Reservation } from './reservation.ts';
import { hasStopped } from './stopped.ts';
import { WriteAttempt, type Change, type WriteProgress } from './write-attempt.ts';

/** Attempts of a write that loses races to anything but a conflict: a migration, a touch, a new view. */
const MAX_ATTEMPTS = 8;

/** @param stored what this operation stored already, and on which node */
export async function write(
  operation: KeyOperation,
  change: Change,
  stored?: { readonly record: StoredRecord; readonly id: string },
): Promise<StoredRecord> {
  const placed = new PlacedCopies(operation);
  if (stored !== undefined) placed.add(stored.id, stored.record.bytes);
  const own = stored === undefined ? [] : [stored.record];
  try {
    return await writeByRoute(operation, change, { placed, reservation: new Reservation(operation), own });
  } catch (error) {
    if (codeOf(error) === 'SESS_CONFLICT') await placed.giveWay();
    throw error;
  } finally {
    await placed.takeBack();
  }
}

async function writeByRoute(operation: KeyOperation, change: Change, progress: WriteProgress): Promise<StoredRecord> {
  const { cluster } = operation;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const { basis } = cluster;
    // A writer by another view stores its record and then reads the fence; this one publishes its view and then reads
    // the record. So one of the two sees the other.
    await cluster.announceTtl(change.ttlSeconds);
    if (cluster.basis !== basis) continue;
    const current = new WriteAttempt(operation, change, progress);
    let written: StoredRecord | 'again';
    try {
      written = await current.run();
    } catch (error) {
      if (!(await hasStopped(operation, error))) throw error;
      continue;
    }
    if (written === 'again') continue;
    const { route, fences } = current;
    const skipped = route.targets.filter((id) => !progress.placed.wasSentTo(id));
    if (await mayAcknowledge(operation, route, fences, skipped)) return written;
  }
  throw new SessClientError(
    'SESS_UNAVAILABLE',
    'The cluster changed, or others wrote the key, faster than the write could follow; try again.',
  );
}
