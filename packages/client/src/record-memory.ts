import { BufferView } from './buffer-view.ts';

/** Records share memory in pieces of this size: what one of them, kept for long, can keep from being freed. */
const PIECE_BYTES: number = 32 * 1024;
/** Longer ones get memory of their own: a piece would be used up by a few. */
const SHARED_BYTES: number = PIECE_BYTES / 8;

let piece: ArrayBufferLike = new ArrayBuffer(0);
let used = 0;

/**
 * Room for `length` bytes, whose content is whatever was there before.
 *
 * The pool of Node.js holds seven records of 1 KiB, and the memory behind a pool costs more to make than the seven
 * views of it.
 */
export function recordMemory(length: number): Buffer {
  if (length > SHARED_BYTES) return Buffer.allocUnsafe(length);
  if (used + length > piece.byteLength) {
    piece = Buffer.allocUnsafeSlow(PIECE_BYTES).buffer;
    used = 0;
  }
  const from = used;
  used += length;
  return new BufferView(piece, from, length);
}
