/** Values of one read share memory in pieces of this size: what one of them, kept for long, can keep from being freed. */
const PIECE_BYTES: number = 16 * 1024;

/**
 * Copies values out of a read buffer, many at a time.
 *
 * Replies lie next to each other in what was read. Copying a stretch of it at once, headers included, and handing out windows of the
 * copy costs about half of an allocation and a copy per value.
 */
export class ValueArena {
  #piece: Buffer = Buffer.alloc(0);
  /** Where the stretch that is in the piece begins and ends in what was read. */
  #start = 0;
  #end = 0;

  /** Forgets what was copied: what was read is about to be something else. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** A copy of `bytes` from `from` to `to`, of which `end` are valid. The caller may keep it. */
  copy(bytes: Buffer, from: number, to: number, end: number): Buffer {
    if (to > this.#end || from < this.#start) {
      this.#start = from;
      this.#end = Math.min(end, Math.max(to, from + PIECE_BYTES));
      const length = this.#end - from;
      // Small ones come from the pool that all Buffers of Node.js come from.
      this.#piece = length < Buffer.poolSize >>> 1 ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
      this.#piece.set(bytes.subarray(from, this.#end));
    }
    return this.#piece.subarray(from - this.#start, to - this.#start);
  }
}
