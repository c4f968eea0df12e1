/** A stored item. */
export interface Item {
  /** The key's bytes, one character each (latin1). */
  readonly key: string;
  value: Buffer;
  /** Client flags, an unsigned 32-bit number. */
  readonly flags: number;
  /** Unix time in seconds; 0 never expires. */
  expiresAt: number;
  /** Unique number of this version of the item on this node. */
  cas: bigint;
  /** Unix time in seconds of the last write or fetch. */
  usedAt: number;
  /** Whether it was read since it was written. */
  fetched: boolean;
  /** The key came as base64 (meta flag `b`) and is returned so. */
  readonly binaryKey: boolean;
  /** Marked by `md ... I`: still served, but due for replacement. */
  stale: boolean;
  /** A client was told to replace the item (meta flag `W`). */
  tokenSent: boolean;
}

/** The longest key in bytes. */
export const MAX_KEY_BYTES = 250;

/** memcached 1.6's overhead of an item: header, CAS number, the key's closing zero, the value's CRLF. */
const HEADER_BYTES = 48 + 8 + 1 + 2;
const FLAGS_BYTES = 4;

/** Size of an item as memcached 1.6 counts it against its limits. Flags of 0 take no space. */
export function itemBytes(keyBytes: number, flags: number, valueBytes: number): number {
  return HEADER_BYTES + keyBytes + valueBytes + (flags === 0 ? 0 : FLAGS_BYTES);
}
