/** Runs operations one after the other, each whatever became of the one before. */
export class Mutex {
  #last: Promise<void> | undefined;
  #waiting = 0;

  /** Resolves when what is under way now has ended; `undefined` when nothing is. Never rejects. */
  get idle(): Promise<void> | undefined {
    return this.#last;
  }

  /** Starts `operation` when those before it have ended: at once, synchronously, where there are none. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const result = this.#last === undefined ? operation() : this.#last.then(operation);
    this.#last = this.#ended(result);
    return result;
  }

  async #ended(result: Promise<unknown>): Promise<void> {
    // Whoever started it hears how it ended; here it only matters that it did.
    await Promise.allSettled([result]);
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#last = undefined;
  }
}
