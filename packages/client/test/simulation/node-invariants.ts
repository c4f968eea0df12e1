/**
 * What holds on every node, whatever is concurrent: a record is only ever replaced by a newer one, and a tombstone by
 * nothing but a tombstone. What is left of one that was moved elsewhere says nothing, and is replaced by anything: a
 * refused writer may have been the last that the node decided for.
 */
import { Violation } from './ledger.ts';

/** What is wrong about `after` in the place of `before`, if anything. Both are records as stored. */
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
