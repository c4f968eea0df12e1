/**
 * What is stored under a key: an envelope of 16 bytes, then the payload. Numbers are big-endian.
 *
 * ```
 * byte   0      0xE5, the mark of @sess
 *        1      format, 0x01. Together with byte 0 never the beginning of a UTF-8 text: another program's text is not taken for a record
 *        2      flags: bit 0 = tombstone, bit 1 = moved; the others are 0, and a reader refuses what it does not know
 *        3      reserved: written as 0, ignored when read
 *        4- 9   version, milliseconds since 1970 (48 bits)
 *        10-11  version, order within the millisecond (16 bits)
 *        12-15  time to live in seconds, as given with the write
 *        16-    record: the caller's bytes. Tombstone: 8 bytes, milliseconds since 1970 at which it ends, so that a touch can be undone
 *               (classic and binary protocols can't tell the remaining time). Moved: nothing
 * ```
 *
 * Memcached's client flags say the same as byte 2, so that a `touch`, which answers with the flags alone, tells a
 * tombstone from a record.
 *
 * Bytes that are none of this (another program's item, a later format, a flipped bit) are a {@link ForeignItem}: a miss
 * to `get`, something present to `set` with `expect: 'absent'`, nothing alive to `delete` (which replaces it) and to
 * `touch`. What is stored today must stay readable: a changed layout gets a new format byte, and format 1 goes on being
 * read.
 */
import { endianness } from 'node:os';
import { inspect } from 'node:util';

import type { CacheRecord } from './contract.ts';
import { recordMemory } from './record-memory.ts';
import type { CasToken, StoredItem } from './transport/transport.ts';

/** Bytes of the envelope before the payload. */
export const HEADER_BYTES = 16;
/**
 * Client flags of a record, and of a tombstone. Below 2^31, for clients that take them for signed; the lower half is 0,
 * which php-memcached and pylibmc take for bytes as they are (a type, or a compression, otherwise), and the upper half
 * is where php-memcached lets programs keep flags of their own.
 */
export const RECORD_FLAGS = 0x5e55_0000;
export const TOMBSTONE_FLAGS = 0x5e56_0000;
export const MOVED_FLAGS = 0x5e57_0000;

const MARK = 0xe5;
const FORMAT = 0x01;
const TOMBSTONE_BIT = 0x01;
const MOVED_BIT = 0x02;
const TOMBSTONE_BYTES: number = HEADER_BYTES + 8;
/** 2038-01-19, where memcached's time ends: milliseconds since 1970. */
const LAST_END = 2_147_483_647_000n;
const VERSION_OFFSET = 4;
const TTL_OFFSET = 12;

/** The node of one client that a record was read from or written to. Told apart by identity, not only by name. */
export interface RecordSource {
  /** `host:port`. */
  readonly id: string;
}

/** Where a record came from: what a compare-and-swap against it needs. */
interface RecordOrigin {
  readonly source: RecordSource;
  /** `undefined` for a record as this client wrote it: no reply tells its number. */
  readonly cas: CasToken | undefined;
}

/** What this client wrote came from no node. */
const NO_SOURCE: RecordSource = { id: '' };

/** A live record. The only {@link CacheRecord} there is. */
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

  /** The envelope and the value, as stored. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /**
   * Seconds that it lives yet, for writing it elsewhere; where the protocol can't tell, those of its write: too long
   * rather than too short. 0 never expires.
   */
  get secondsLeft(): number {
    const granted = this.#bytes.readUInt32BE(TTL_OFFSET);
    if (this.#ttlSeconds === Infinity) return 0;
    return Math.max(1, this.#ttlSeconds ?? granted);
  }

  /** The same record, to be written with another expiry. */
  lastingFor(ttlSeconds: number): StoredRecord {
    return new StoredRecord(this.#bytes, ttlSeconds, this.#source, this.#cas);
  }

  /** Whether `other` is this very record: the same version and the same bytes. */
  equals(other: StoredRecord): boolean {
    return this.version === other.version && this.value.equals(other.value);
  }

  static {
    // Length, not content: values are secrets.
    Object.defineProperty(StoredRecord.prototype, inspect.custom, {
      value(this: StoredRecord): string {
        return `CacheRecord { ${this.value.length} bytes, version ${this.version}, ttlSeconds ${this.ttlSeconds ?? 'unknown'} }`;
      },
    });
  }

  static is(value: unknown): value is StoredRecord {
    return typeof value === 'object' && value !== null && #bytes in value;
  }

  /** A record as this client wrote it: no reply tells its number. */
  static written(bytes: Buffer, ttlSeconds: number): StoredRecord {
    return new StoredRecord(bytes, ttlSeconds === 0 ? Infinity : ttlSeconds, NO_SOURCE, undefined);
  }

  static origin(record: StoredRecord): RecordOrigin {
    return { source: record.#source, cas: record.#cas };
  }
}

/** What is left of a deleted record until `endsAt`. */
export interface Tombstone {
  readonly kind: 'tombstone';
  readonly version: bigint;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  readonly cas: CasToken;
  /** The envelope as it stands, to be stored again with another expiry. */
  readonly bytes: Buffer;
}

/**
 * What is left for a while of a record that was brought from an earlier owner to its owners. To readers it is nothing.
 * To a writer that saw nothing there before it is a change: its `add` fails.
 */
interface Moved {
  readonly kind: 'moved';
  readonly version: bigint;
  readonly cas: CasToken;
}

/** Something under the key that is not of this client. */
interface ForeignItem {
  readonly kind: 'foreign';
  readonly cas: CasToken;
  readonly reason: ForeignReason;
}

/**
 * Why bytes are not a record: `mark` (not of @sess), `format` (of a later version, or damaged), `flags` (client flags
 * say otherwise).
 */
export type ForeignReason = 'mark' | 'format' | 'flags';

export type Entry = StoredRecord | Tombstone | Moved | ForeignItem;

/** Reads the envelope of what `source` holds. Never throws. */
export function decode(item: StoredItem, source: RecordSource): Entry {
  const bytes = item.value;
  if (bytes.length < HEADER_BYTES || bytes[0] !== MARK) return { kind: 'foreign', cas: item.cas, reason: 'mark' };
  // A version at the very end of its range could never be replaced by a higher one: damage, not a record.
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

/** The bytes of a record: the envelope and a copy of `value`. */
export function encodeRecord(value: Uint8Array | string, version: bigint, ttlSeconds: number): Buffer {
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
  const bytes = recordMemory(HEADER_BYTES + length);
  writeHeader(bytes, 0, version, ttlSeconds);
  if (typeof value === 'string') bytes.write(value, HEADER_BYTES);
  else bytes.set(value, HEADER_BYTES);
  return bytes;
}

/** The bytes of a tombstone that stands for `ttlSeconds` and ends at `endsAt`, milliseconds since 1970. */
export function encodeTombstone(version: bigint, ttlSeconds: number, endsAt: number): Buffer {
  const bytes = Buffer.allocUnsafe(TOMBSTONE_BYTES);
  writeHeader(bytes, TOMBSTONE_BIT, version, ttlSeconds);
  bytes.writeBigUInt64BE(BigInt(Math.floor(endsAt)), HEADER_BYTES);
  return bytes;
}

/** The bytes of what is left, for `ttlSeconds`, of a record of this version. */
export function encodeMoved(version: bigint, ttlSeconds: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  writeHeader(bytes, MOVED_BIT, version, ttlSeconds);
  return bytes;
}

function writeHeader(bytes: Buffer, flags: number, version: bigint, ttlSeconds: number): void {
  bytes[0] = MARK;
  bytes[1] = FORMAT;
  bytes[2] = flags;
  bytes[3] = 0;
  // The version a byte at a time out of memory that was given it whole: `writeBigUInt64BE` makes five further bigints
  // of it.
  versionInMemory[0] = version;
  for (let at = 0; at < 8; at += 1) bytes[VERSION_OFFSET + at] = versionBytes[LOWEST_FIRST ? 7 - at : at] as number;
  bytes.writeUInt32BE(ttlSeconds, TTL_OFFSET);
}

const versionInMemory = new BigUint64Array(1);
const versionBytes = new Uint8Array(versionInMemory.buffer);
const LOWEST_FIRST: boolean = endianness() === 'LE';

function versionIsSpent(bytes: Buffer): boolean {
  return bytes[VERSION_OFFSET] === 0xff && bytes.readUIntBE(VERSION_OFFSET, 6) === 0xffff_ffff_ffff;
}
