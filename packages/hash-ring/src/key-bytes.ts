import { endianness } from 'node:os';

/** Room for UTF-8 text, seen in the three ways in which the hashes read it. */
export interface KeyBytes {
  readonly bytes: Buffer;
  /** The same bytes, signed. */
  readonly signed: Int8Array;
  /** The same bytes, four to a word. */
  readonly words: Int32Array;
}

/** Longer texts get room of their own, made for the occasion. Memcached's keys have at most 250 bytes. */
const LONGEST_TEXT = 1024;
const UTF8_BYTES_PER_CHARACTER = 3;
/** MD5 puts a mark, zeros and a length behind the text: less than two blocks of 64 bytes. */
const PADDING_BYTES = 128;

// One room for every hash in this thread, so that hashing a key allocates nothing. Safe because hashing never yields:
// what is written here is read before any other code can run.
const shared = makeRoom(LONGEST_TEXT);

/** Room enough for `text` and MD5's padding behind it; its content is whatever was left there. */
export function roomFor(text: string): KeyBytes {
  return text.length <= LONGEST_TEXT ? shared : makeRoom(text.length);
}

function makeRoom(characters: number): KeyBytes {
  const length = Math.ceil((characters * UTF8_BYTES_PER_CHARACTER + PADDING_BYTES) / 4) * 4;
  const memory = new ArrayBuffer(length);
  return { bytes: Buffer.from(memory), signed: new Int8Array(memory), words: new Int32Array(memory) };
}

const BIG_ENDIAN = endianness() === 'BE';

/**
 * Makes `words` hold the first `count` words of the text in little-endian order, on machines where they don't already.
 */
export function toLittleEndian(room: KeyBytes, count: number): void {
  if (BIG_ENDIAN) room.bytes.subarray(0, count * 4).swap32();
}
