import { BufferView } from './buffer-view.ts';

/** Records share memory in pieces of this size: a record that lives long keeps at most one piece from being freed. */
const PIECE_BYTES: number = 32 * 1024;
/** Longer records get memory of their own: a few would fill a piece. */
const SHARED_BYTES: number = PIECE_BYTES / 8;

let piece: ArrayBufferLike = new ArrayBuffer(0);
let used = 0;

/**
 * An uninitialized Buffer of `length` bytes.
 *
 * Node.js's own pool holds only seven records of 1 KiB, and allocating a pool costs more than seven views of it.
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
