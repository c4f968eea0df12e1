/**
 * What is stored under a key: an envelope of 16 bytes, then the payload. Numbers are big-endian.
 *
 * ```
 * byte   0      0xE5, the mark of @sess
 *        1      format, 0x01. No UTF-8 text begins with bytes 0 and 1, so another program's text is no record
 *        2      flags: bit 0 = tombstone, bit 1 = moved; the others are 0, and a reader refuses unknown bits
 *        3      stamp of a record, 1 to 255: made from the version under which a caller wrote it, and kept when the record is migrated under
 *               another version. 0: unknown (earlier versions, tombstones, marks). Ignored by readers of the value
 *        4- 9   version, milliseconds since 1970 (48 bits)
 *        10-11  version, order within the millisecond (16 bits)
 *        12-15  time to live in seconds, as given with the write
 *        16-    record: the caller's bytes. Tombstone: 8 bytes, milliseconds since 1970 at which it ends, so that a touch can be undone
 *               (classic and binary protocols can't tell the remaining time). Moved: nothing
 * ```
 *
 * memcached's client flags repeat byte 2, because a `touch` returns only the flags and must distinguish a tombstone
 * from a record.
 *
 * Any other bytes (another program's item, a later format, a flipped bit) are a {@link ForeignItem}: a miss for `get`,
 * an item for `set` with `expect: 'absent'`, no record for `delete` (which replaces it) and `touch`. Stored records
 * must stay readable: a new layout gets a new format byte, and readers keep support for format 1.
 */
import { endianness } from 'node:os';
import { inspect } from 'node:util';

import type { CacheRecord } from './contract.ts';
import { recordMemory } from './record-memory.ts';
import type { CasToken, StoredItem } from './transport/transport.ts';

/** Bytes of the envelope before the payload. */
export const HEADER_BYTES = 16;
/**
 * Client flags of records and tombstones. Below 2^31, for clients that read them as signed. The lower half is 0, so
 * that php-memcached and pylibmc don't read a type or a compression into it; php-memcached leaves the upper half to
 * programs.
 */
export const RECORD_FLAGS = 0x5e55_0000;
export const TOMBSTONE_FLAGS = 0x5e56_0000;
export const MOVED_FLAGS = 0x5e57_0000;

const MARK = 0xe5;
const FORMAT = 0x01;
const TOMBSTONE_BIT = 0x01;
const MOVED_BIT = 0x02;
const TOMBSTONE_BYTES: number = HEADER_BYTES + 8;
/** 2038-01-19, where memcached's time ends, milliseconds since 1970. */
const LAST_END = 2_147_483_647_000n;
const STAMP_OFFSET = 3;
const VERSION_OFFSET = 4;
const TTL_OFFSET = 12;

/** Where and when a client read a record: a period of the fence of one of its nodes. Compared by identity. */
export interface RecordSource {
  /** `host:port`. */
  readonly id: string;
}

/** What a compare-and-swap against a record needs. */
interface RecordOrigin {
  readonly source: RecordSource;
  /** `undefined` for a record that this client wrote: the reply to a write has no CAS number. */
  readonly cas: CasToken | undefined;
}

/** The source of records that this client wrote. */
const NO_SOURCE: RecordSource = { id: '' };

/** A live record, the only implementation of {@link CacheRecord}. */
export class StoredRecord implements CacheRecord {
  readonly kind = 'record';
  readonly #bytes: Buffer;
  readonly #ttlSeconds: number | undefined;
  readonly #source: RecordSource;
  readonly #cas: CasToken | undefined;
  #value: Buffer | undefined;

  constructor(bytes: Buffer, ttlSeconds: number | undefined, source: RecordSource, cas: CasToken | undefined) {
    this.#bytes = bytes;
    this.#ttlSeconds = ttlSeconds;
    this.#source = source;
    this.#cas = cas;
  }

  get value(): Buffer {
    this.#value ??= this.#bytes.subarray(HEADER_BYTES);
    return this.#value;
  }

  get version(): bigint {
    return this.#bytes.readBigUInt64BE(VERSION_OFFSET);
  }

  get ttlSeconds(): number | undefined {
    return this.#ttlSeconds;
  }

  /** Envelope and value, as stored. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /**
   * Remaining time to live in seconds, for writing the record to another node. If the protocol does not report it, the
   * time to live of the write: too long rather than too short. 0 never expires.
   */
  get secondsLeft(): number {
    const granted = this.#bytes.readUInt32BE(TTL_OFFSET);
    if (this.#ttlSeconds === Infinity) return 0;
    return Math.max(1, this.#ttlSeconds ?? granted);
  }

  /** The same record with another time to live. */
  lastingFor(ttlSeconds: number): StoredRecord {
    return new StoredRecord(this.#bytes, ttlSeconds, this.#source, this.#cas);
  }

  /** Whether `other` has the same version and bytes. */
  equals(other: StoredRecord): boolean {
    return this.version === other.version && this.value.equals(other.value);
  }

  /** 0 if unknown. */
  get stamp(): number {
    return this.#bytes[STAMP_OFFSET] ?? 0;
  }

  /** Whether this is `written` under the later version that a migration gave it, and nothing else was written since. */
  isMigrationOf(written: StoredRecord): boolean {
    if (this.stamp === 0 || this.stamp !== written.stamp || this.version <= written.version) return false;
    return this.value.equals(written.value);
  }

  static {
    // Shows the length, not the content: values are secrets.
    Object.defineProperty(StoredRecord.prototype, inspect.custom, {
      value(this: StoredRecord): string {
        return `CacheRecord { ${this.value.length} bytes, version ${this.version}, ttlSeconds ${this.ttlSeconds ?? 'unknown'} }`;
      },
    });
  }

  static is(value: unknown): value is StoredRecord {
    return typeof value === 'object' && value !== null && #bytes in value;
  }

  /** A record that this client wrote, without a CAS number. */
  static written(bytes: Buffer, ttlSeconds: number): StoredRecord {
    return new StoredRecord(bytes, ttlSeconds === 0 ? Infinity : ttlSeconds, NO_SOURCE, undefined);
  }

  static origin(record: StoredRecord): RecordOrigin {
    return { source: record.#source, cas: record.#cas };
  }
}

/** Marks a deleted record until `endsAt`. */
export interface Tombstone {
  readonly kind: 'tombstone';
  readonly version: bigint;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  readonly cas: CasToken;
  /** The stored bytes, for storing the tombstone again with another expiry. */
  readonly bytes: Buffer;
}

/**
 * A short-lived mark: on an earlier owner whose record was moved to its owners, or of a reservation. Readers treat it as
 * a miss. It makes the `add` of a writer fail that found nothing there before.
 */
interface Moved {
  readonly kind: 'moved';
  readonly version: bigint;
  readonly cas: CasToken;
}

/** An item of another program. */
interface ForeignItem {
  readonly kind: 'foreign';
  readonly cas: CasToken;
  readonly reason: ForeignReason;
}

/**
 * Why bytes are not a record: `mark` (not of @sess), `format` (of a later version, or damaged), `flags` (wrong client
 * flags).
 */
export type ForeignReason = 'mark' | 'format' | 'flags';

export type Entry = StoredRecord | Tombstone | Moved | ForeignItem;

/** The CAS number of the item; `undefined` if the record was just written. */
export function casOf(entry: Entry): CasToken | undefined {
  return entry.kind === 'record' ? StoredRecord.origin(entry).cas : entry.cas;
}

/** Decodes an item read from `source`. Never throws. */
export function decode(item: StoredItem, source: RecordSource): Entry {
  const bytes = item.value;
  if (bytes.length < HEADER_BYTES || bytes[0] !== MARK) return { kind: 'foreign', cas: item.cas, reason: 'mark' };
  // No higher version could replace the highest one, so it is damage, not a record.
  if (bytes[1] !== FORMAT || versionIsSpent(bytes)) return { kind: 'foreign', cas: item.cas, reason: 'format' };
  if (bytes[2] === 0) {
    if (item.flags !== RECORD_FLAGS) return { kind: 'foreign', cas: item.cas, reason: 'flags' };
    return new StoredRecord(bytes, item.ttlSeconds === -1 ? Infinity : item.ttlSeconds, source, item.cas);
  }
  if (bytes[2] === MOVED_BIT && bytes.length === HEADER_BYTES) {
    if (item.flags !== MOVED_FLAGS) return { kind: 'foreign', cas: item.cas, reason: 'flags' };
    return { kind: 'moved', version: bytes.readBigUInt64BE(VERSION_OFFSET), cas: item.cas };
  }
  if (bytes[2] !== TOMBSTONE_BIT || bytes.length !== TOMBSTONE_BYTES)
    return { kind: 'foreign', cas: item.cas, reason: 'format' };
  if (item.flags !== TOMBSTONE_FLAGS) return { kind: 'foreign', cas: item.cas, reason: 'flags' };
  if (bytes.readBigUInt64BE(HEADER_BYTES) > LAST_END) return { kind: 'foreign', cas: item.cas, reason: 'format' };
  return {
    kind: 'tombstone',
    version: bytes.readBigUInt64BE(VERSION_OFFSET),
    endsAt: Number(bytes.readBigUInt64BE(HEADER_BYTES)),
    cas: item.cas,
    bytes,
  };
}

/**
 * The bytes of a record: the envelope and a copy of `value`.
 *
 * @param stamp of the record that is migrated; default: a new one
 */
export function encodeRecord(value: Uint8Array | string, version: bigint, ttlSeconds: number, stamp?: number): Buffer {
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
  const bytes = recordMemory(HEADER_BYTES + length);
  writeHeader(bytes, 0, version, ttlSeconds);
  bytes[STAMP_OFFSET] = stamp ?? newStamp(bytes);
  if (typeof value === 'string') bytes.write(value, HEADER_BYTES);
  else bytes.set(value, HEADER_BYTES);
  return bytes;
}

/** The bytes of a tombstone that lives for `ttlSeconds`, until `endsAt` (milliseconds since 1970). */
export function encodeTombstone(version: bigint, ttlSeconds: number, endsAt: number): Buffer {
  const bytes = Buffer.allocUnsafe(TOMBSTONE_BYTES);
  writeHeader(bytes, TOMBSTONE_BIT, version, ttlSeconds);
  bytes.writeBigUInt64BE(BigInt(Math.floor(endsAt)), HEADER_BYTES);
  return bytes;
}

/** The bytes of a moved mark that lives for `ttlSeconds`, with the version of the moved record. */
export function encodeMoved(version: bigint, ttlSeconds: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  writeHeader(bytes, MOVED_BIT, version, ttlSeconds);
  return bytes;
}

function writeHeader(bytes: Buffer, flags: number, version: bigint, ttlSeconds: number): void {
  bytes[0] = MARK;
  bytes[1] = FORMAT;
  bytes[2] = flags;
  bytes[STAMP_OFFSET] = 0;
  // Copies the version bytewise: `writeBigUInt64BE` would allocate five more bigints.
  versionInMemory[0] = version;
  for (let at = 0; at < 8; at += 1) bytes[VERSION_OFFSET + at] = versionBytes[LOWEST_FIRST ? 7 - at : at] as number;
  bytes.writeUInt32BE(ttlSeconds, TTL_OFFSET);
}

const versionInMemory = new BigUint64Array(1);
const versionBytes = new Uint8Array(versionInMemory.buffer);
const LOWEST_FIRST: boolean = endianness() === 'LE';

/** Two writers of one moment have different versions, and hardly ever the same stamp. */
function newStamp(bytes: Buffer): number {
  let stamp = 0;
  for (let at = VERSION_OFFSET; at < TTL_OFFSET; at += 1) stamp ^= bytes[at] ?? 0;
  return stamp === 0 ? 0xff : stamp;
}

function versionIsSpent(bytes: Buffer): boolean {
  return bytes[VERSION_OFFSET] === 0xff && bytes.readUIntBE(VERSION_OFFSET, 6) === 0xffff_ffff_ffff;
}
