const LF = 0x0a;

/** Received bytes that are not parsed yet. Joins chunks only on demand. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Number of bytes at the start without a line end. */
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

  /** All bytes, without removing them. */
  view(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** Removes and returns the first line with its LF; `undefined` if it is incomplete. */
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

  /** Removes and returns the first `count` bytes; `undefined` if there are fewer. */
  take(count: number): Buffer | undefined {
    if (count > this.#length) return undefined;
    const all = this.view();
    this.#keep(all.subarray(count));
    return all.subarray(0, count);
  }

  /** Drops up to `count` bytes and returns their number. */
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
