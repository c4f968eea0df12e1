/** Keys that were read and not taken yet. Packed: millions of strings would take several times the memory. */
export class KeyQueue {
  /** The keys of one read each, one per line: a key has no control character. */
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

  /** The keys of the oldest read; empty if there are none. */
  take(): readonly string[] {
    const block = this.#blocks.shift();
    if (block === undefined) return [];
    this.#bytes -= block.length;
    return block.toString().split('\n');
  }
}
