/** Releases the lock, and passes it to the next request. */
export type EndTurn = () => void;

/**
 * A lock per key within this process: requests that change the same session run one after another, so their
 * compare-and-swaps conflict only with those of other processes. It saves retries; correctness comes from
 * compare-and-swap.
 */
export class KeyedMutex {
  /** Per locked key, a promise that resolves when the last request in line is done. */
  readonly #last = new Map<string, Promise<void>>();

  /** Whether a request holds the lock for `key`. */
  isTaken(key: string): boolean {
    return this.#last.has(key);
  }

  /** Resolves when the requests before this one have released the lock. */
  async take(key: string): Promise<EndTurn> {
    const before = this.#last.get(key);
    const ends: EndTurn[] = [];
    const ended = new Promise<void>((resolve) => void ends.push(resolve));
    this.#last.set(key, ended);
    await before;
    return () => {
      if (this.#last.get(key) === ended) this.#last.delete(key);
      for (const end of ends) end();
    };
  }
}
