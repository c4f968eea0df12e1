/** Ends a turn, and begins the next one's. */
export type EndTurn = () => void;

/**
 * Requests of this process that change one session at once: one after the other, so that they meet those of other processes only. They help each other
 * to succeed; that nothing is lost rests on compare-and-swap.
 */
export class KeyedMutex {
  /** Per key, the end of the last turn that was asked for. As many as requests that wait or have their turn now. */
  readonly #last = new Map<string, Promise<void>>();

  /** Whether someone has the turn for `key`. */
  isTaken(key: string): boolean {
    return this.#last.has(key);
  }

  /** Resolves when those who asked before have ended their turns. */
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
