/**
 * Invariants of every node under any concurrency: only a newer record or a tombstone replaces a record, and only a
 * tombstone replaces a tombstone. Anything may replace a moved mark, because its version proves nothing: a refused
 * writer may have been the last that the node decided for.
 */
import { Violation } from './ledger.ts';

/** The fault of replacing `before` by `after`, if any. Both are stored bytes. */
export function replacementFault(id: string, key: string, before: Buffer, after: Buffer): Violation | undefined {
  if (!key.startsWith('s/')) return undefined;
  const wasTombstone = isTombstone(before);
  if (isTombstone(after)) return undefined;
  if (isMoved(before)) return undefined;
  if (wasTombstone) return new Violation('tombstone overwritten', `${key} on ${id}`);
  if (after.readBigUInt64BE(4) < before.readBigUInt64BE(4))
    return new Violation('replaced by older', `${key} on ${id}`);
  return undefined;
}

function isMoved(bytes: Buffer): boolean {
  return bytes[2] === 2;
}

export function isTombstone(bytes: Buffer): boolean {
  return (bytes[2] ?? 0) === 1;
}
