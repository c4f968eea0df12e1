import { BufferView } from '../../buffer-view.ts';

/**
 * Values of one read share memory in pieces of this size: what one of them, kept for long, can keep from being freed.
 */
const PIECE_BYTES: number = 32 * 1024;

/**
 * Copies values out of a read buffer, many at a time.
 *
 * Replies lie next to each other in what was read. Copying a stretch of it at once, headers included, and handing out
 * windows of the copy costs about half of an allocation and a copy per value.
 */
export class ValueArena {
  #memory: ArrayBufferLike = new ArrayBuffer(0);
  /** Where the stretch begins and ends in what was read, and where its copy begins in the memory. */
  #start = 0;
  #end = 0;
  #offset = 0;

  /** Forgets what was copied: what was read is about to be something else. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** A copy of `bytes` from `from` to `to`, of which `end` are valid. The caller may keep it. */
  copy(bytes: Buffer, from: number, to: number, end: number): Buffer {
    if (to > this.#end || from < this.#start)
      this.#copyStretch(bytes, from, Math.min(end, Math.max(to, from + PIECE_BYTES)));
    return new BufferView(this.#memory, this.#offset + (from - this.#start), to - from);
  }

  #copyStretch(bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    // Small ones come from the pool that all Buffers of Node.js come from.
    const piece = length < Buffer.poolSize >>> 1 ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
    bytes.copy(piece, 0, from, to);
    this.#memory = piece.buffer;
    this.#offset = piece.byteOffset;
    this.#start = from;
    this.#end = to;
  }
}
