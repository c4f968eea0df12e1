/** Keys that were read and not taken yet. Packed: a string for each of millions would take several times the memory. */
export class KeyQueue {
  /** Keys of one reading each, a line for each key: a key holds no control character. */
  readonly #blocks: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  add(keys: readonly string[]): void {
    if (keys.length === 0) return;
    const block = Buffer.from(keys.join('\n'));
    this.#blocks.push(block);
    this.#bytes += block.length;
  }

  /** The keys of the oldest reading; none when there are none. */
  take(): readonly string[] {
    const block = this.#blocks.shift();
    if (block === undefined) return [];
    this.#bytes -= block.length;
    return block.toString().split('\n');
  }
}
