import { BufferView } from '../../buffer-view.ts';

/**
 * Values of one read share memory in pieces of this size: a value that lives long keeps at most one piece from being
 * freed.
 */
const PIECE_BYTES: number = 32 * 1024;

/**
 * Copies values out of a read buffer, many at once.
 *
 * Copying a range of replies at once, headers included, and returning views of the copy costs about half of an
 * allocation and a copy per value.
 */
export class ValueArena {
  #memory: ArrayBufferLike = new ArrayBuffer(0);
  /** Start and end of the copied range in the read buffer, and the start of its copy in `#memory`. */
  #start = 0;
  #end = 0;
  #offset = 0;

  /** Forgets the copied range: the read buffer is about to be overwritten. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** A copy of `bytes` from `from` to `to`; `bytes` is valid up to `end`. The caller may keep it. */
  copy(bytes: Buffer, from: number, to: number, end: number): Buffer {
    if (to > this.#end || from < this.#start)
      this.#copyStretch(bytes, from, Math.min(end, Math.max(to, from + PIECE_BYTES)));
    return new BufferView(this.#memory, this.#offset + (from - this.#start), to - from);
  }

  #copyStretch(bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    // Small ones use Node.js's Buffer pool.
    const piece = length < Buffer.poolSize >>> 1 ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
    bytes.copy(piece, 0, from, to);
    this.#memory = piece.buffer;
    this.#offset = piece.byteOffset;
    this.#start = from;
    this.#end = to;
  }
}
