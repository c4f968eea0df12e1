/** Keys that were read and not taken yet. Packed: millions of strings would take several times the memory. */
export class KeyQueue {
  /** The keys of one read each, separated by line feeds. */
  readonly #blocks: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  add(block: Buffer): void {
    if (block.length === 0) return;
    this.#blocks.push(block);
    this.#bytes += block.length;
  }

  /** The keys of the oldest read; empty if there are none. */
  take(): readonly string[] {
    const block = this.#blocks.shift();
    if (block === undefined) return [];
    this.#bytes -= block.length;
    return block.toString('latin1').split('\n');
  }
}
