import { roomFor, toLittleEndian } from './key-bytes.ts';
import { md5Block } from './md5-block.ts';

const WORDS_PER_BLOCK = 16;
/** The last two words of the last block hold the length in bits. */
const LENGTH_WORDS = 2;

// Shared by all calls, so that hashing allocates nothing.
const state = new Int32Array(4);

/**
 * The MD5 of `text` in UTF-8, as the four little-endian int32 words of its digest (RFC 1321).
 *
 * @returns an array that the next call overwrites: read it at once.
 */
export function md5(text: string): Int32Array {
  const room = roomFor(text);
  const { words } = room;
  const length = room.bytes.write(text);
  const mark = length >> 2;
  const blocks = Math.ceil((mark + 1 + LENGTH_WORDS) / WORDS_PER_BLOCK);
  const end = blocks * WORDS_PER_BLOCK;
  toLittleEndian(room, mark + 1);
  const shift = (length & 3) << 3;
  words[mark] = ((words[mark] as number) & ((1 << shift) - 1)) | (0x80 << shift);
  for (let at = mark + 1; at < end - LENGTH_WORDS; at += 1) words[at] = 0;
  words[end - 2] = length << 3;
  words[end - 1] = length >>> 29;

  state[0] = 0x67452301;
  state[1] = -0x10325477;
  state[2] = -0x67452302;
  state[3] = 0x10325476;
  for (let from = 0; from < end; from += WORDS_PER_BLOCK) md5Block(state, words, from);
  return state;
}

/** The first four bytes of the MD5 of `text`, little-endian, as an int32: ketama's key hash. */
export function md5KeyHash(text: string): number {
  return md5(text)[0] as number;
}
