const LF = 0x0a;

/** Bytes that came in and are not used yet. Chunks are joined only when something needs them whole. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes from the start that are known to hold no line end. */
  #scanned = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first byte, or `undefined`. */
  peek(): number | undefined {
    return this.#chunks[0]?.[0];
  }

  /** Everything that has come, without taking it. */
  view(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** The first line with its end (LF), or `undefined` when it is not complete. */
  takeLine(): Buffer | undefined {
    if (this.#scanned >= this.#length) return undefined;
    const all = this.view();
    const end = all.indexOf(LF, this.#scanned);
    if (end < 0) {
      this.#scanned = all.length;
      return undefined;
    }
    return this.take(end + 1);
  }

  /** The first `count` bytes, or `undefined` when there are not so many. */
  take(count: number): Buffer | undefined {
    if (count > this.#length) return undefined;
    const all = this.view();
    this.#keep(all.subarray(count));
    return all.subarray(0, count);
  }

  /** Drops up to `count` bytes; how many it were. */
  skip(count: number): number {
    const dropped = Math.min(count, this.#length);
    this.take(dropped);
    return dropped;
  }

  clear(): void {
    this.#keep(Buffer.alloc(0));
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    this.#scanned = 0;
  }
}
