interface Batch {
  size: number;
  /** The number of the batch's first increment. */
  readonly first: Promise<number>;
}

/**
 * Joins concurrent increments of one counter: those that come during a write become one next write. So many requests of
 * one visitor neither queue one by one nor compete for the compare-and-swap.
 */
export class CounterBatches {
  /** Adds `by` to the counter and resolves with its new value. */
  readonly #add: (key: string, by: number, ttlSeconds: number) => Promise<number>;
  /** By key, the batch that waits for the one being written. */
  readonly #waiting = new Map<string, Batch>();
  /** By key, settles when the last batch is written or has failed. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(add: (key: string, by: number, ttlSeconds: number) => Promise<number>) {
    this.#add = add;
  }

  async increment(key: string, ttlSeconds: number): Promise<number> {
    const batch = this.#waiting.get(key) ?? this.#open(key, ttlSeconds);
    const place = batch.size;
    batch.size += 1;
    return (await batch.first) + place;
  }

  #open(key: string, ttlSeconds: number): Batch {
    const before = this.#underWay.get(key);
    const write = async (): Promise<number> => {
      await before?.catch(() => undefined);
      this.#waiting.delete(key);
      return (await this.#add(key, batch.size, ttlSeconds)) - batch.size + 1;
    };
    // Even the first batch begins a moment later, so that increments of the same tick join it.
    const first = Promise.resolve().then(write);
    const batch: Batch = { size: 0, first };
    this.#waiting.set(key, batch);
    this.#underWay.set(key, first);
    const forget = (): void => {
      if (this.#underWay.get(key) === first) this.#underWay.delete(key);
    };
    first.then(forget, forget);
    return batch;
  }
}
