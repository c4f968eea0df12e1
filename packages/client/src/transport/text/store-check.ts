import { isUint8Array } from 'node:util/types';
import { SessClientError } from '../../errors.ts';
import type { CasToken } from '../transport.ts';

const MAX_FLAGS = 0xffff_ffff;
const MAX_CAS: bigint = 0xffff_ffff_ffff_ffffn;

/**
 * Throws unless `value` is a Uint8Array of at most `maxValueBytes`: memcached deletes the old item if it refuses a
 * store for its size.
 */
export function checkValue(node: string, value: unknown, maxValueBytes: number): asserts value is Uint8Array {
  if (!isUint8Array(value))
    throw bad(node, `A value is a Uint8Array; got ${value === null ? 'null' : `a value of type ${typeof value}`}.`);
  if (value.length > maxValueBytes) {
    const text = `The value has ${value.length} bytes, \`maxValueBytes\` allows ${maxValueBytes}; nothing was sent, and what was stored is still there.`;
    throw new SessClientError('SESS_TOO_LARGE', text, { node });
  }
}

/** Throws unless `flags` is an unsigned 32-bit number. */
export function checkFlags(node: string, flags: unknown): void {
  if (typeof flags !== 'number' || !Number.isInteger(flags) || flags < 0 || flags > MAX_FLAGS) {
    throw bad(node, `Flags are an unsigned 32-bit number; got ${String(flags)}.`);
  }
}

/** Throws unless `cas` holds an exact unsigned 64-bit number above 0: a node without CAS numbers reports 0. */
export function checkCas(node: string, cas: CasToken): void {
  const { unique } = cas;
  const valid =
    typeof unique === 'bigint' ? unique >= 0n && unique <= MAX_CAS : Number.isSafeInteger(unique) && unique >= 0;
  if (unique === 0 || unique === 0n) {
    throw bad(
      node,
      `The node ${node} keeps no CAS numbers, so no change to what it holds is safe: start memcached there without -C (--disable-cas).`,
    );
  }
  if (!valid) throw bad(node, `A CAS number is an unsigned 64-bit number as a read gave it; got ${String(unique)}.`);
}

function bad(node: string, text: string): SessClientError {
  return new SessClientError('SESS_BAD_VALUE', `${text} Nothing was sent.`, { node });
}
