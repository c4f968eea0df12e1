import { endianness } from 'node:os';

/** A buffer for UTF-8 text, with the three views that the hashes read. */
export interface KeyBytes {
  readonly bytes: Buffer;
  /** The same bytes, signed. */
  readonly signed: Int8Array;
  /** The same bytes, four to a word. */
  readonly words: Int32Array;
}

/** Longer texts get a buffer of their own. memcached's keys have at most 250 bytes. */
const LONGEST_TEXT = 1024;
const UTF8_BYTES_PER_CHARACTER = 3;
/** MD5 appends a marker bit, zeros and a length: less than two blocks of 64 bytes. */
const PADDING_BYTES = 128;

// One buffer for all hashes in this thread, so that hashing a key allocates nothing. Safe because hashing is
// synchronous.
const shared = makeRoom(LONGEST_TEXT);

/** An uninitialized buffer with room for `text` and MD5's padding. */
export function roomFor(text: string): KeyBytes {
  return text.length <= LONGEST_TEXT ? shared : makeRoom(text.length);
}

function makeRoom(characters: number): KeyBytes {
  const length = Math.ceil((characters * UTF8_BYTES_PER_CHARACTER + PADDING_BYTES) / 4) * 4;
  const memory = new ArrayBuffer(length);
  return { bytes: Buffer.from(memory), signed: new Int8Array(memory), words: new Int32Array(memory) };
}

const BIG_ENDIAN = endianness() === 'BE';

/** Converts the first `count` words to little-endian order; does nothing on little-endian machines. */
export function toLittleEndian(room: KeyBytes, count: number): void {
  if (BIG_ENDIAN) room.bytes.subarray(0, count * 4).swap32();
}
