/**
 * What holds on every node, whatever is concurrent: a record is only ever replaced by a newer one, and a tombstone by
 * nothing but a tombstone.
 */
import { Violation } from './ledger.ts';

/** What is wrong about `after` in the place of `before`, if anything. Both are records as stored. */
export function replacementFault(id: string, key: string, before: Buffer, after: Buffer): Violation | undefined {
  if (!key.startsWith('s/')) return undefined;
  const wasTombstone = isTombstone(before);
  if (isTombstone(after)) return undefined;
  if (wasTombstone) return new Violation('tombstone overwritten', `${key} on ${id}`);
  if (after.readBigUInt64BE(4) < before.readBigUInt64BE(4))
    return new Violation('replaced by older', `${key} on ${id}`);
  return undefined;
}

export function isTombstone(bytes: Buffer): boolean {
  return (bytes[2] ?? 0) === 1;
}
