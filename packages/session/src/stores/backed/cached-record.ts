/**
 * The cached record of a session that is also in a database:
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | 0xB5, which no session without a database begins with |
 * | 1 | format: 1 |
 * | 2..9 | version, as a double |
 * | 10..15 | when it was last compared with the database, in milliseconds since 1970 |
 * | 16.. | the session |
 */
import type { StoredSession } from '../session-store.ts';

/** A session as cached. */
export interface CachedRecord {
  readonly value: Uint8Array;
  readonly version: number;
  readonly checkedAt: number;
}

const MARK = 0xb5;
const FORMAT = 1;
const HEADER_BYTES = 16;
const TIME_BYTES = 6;

export function sealRecord({ value, version, checkedAt }: CachedRecord): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + value.length);
  bytes[0] = MARK;
  bytes[1] = FORMAT;
  bytes.writeDoubleBE(version, 2);
  bytes.writeUIntBE(checkedAt, 10, TIME_BYTES);
  bytes.set(value, HEADER_BYTES);
  return bytes;
}

/** Bytes without the header are a session from before the database was added: older than any version. */
export function openRecord({ value }: StoredSession): CachedRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < HEADER_BYTES || bytes[0] !== MARK || bytes[1] !== FORMAT)
    return { value, version: 0, checkedAt: 0 };
  return {
    value: bytes.subarray(HEADER_BYTES),
    version: bytes.readDoubleBE(2),
    checkedAt: bytes.readUIntBE(10, TIME_BYTES),
  };
}
