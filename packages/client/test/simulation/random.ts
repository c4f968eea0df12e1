/**
 * A seeded generator of pseudo-random numbers, the source of every choice in a simulated history.
 *
 * Its state has 128 bits (the generator sfc32 of PractRand). With 32 bits, all streams are parts of one cycle, and
 * among a million seeds some share a stream: they had the same faults.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count: number;

  /** @param seed a whole number from 0; different ones never have the same stream */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / WORD) | 0;
    this.#c = 0;
    this.#count = 1;
    this.#mix();
  }

  /** A number in [0, 1). */
  next(): number {
    return this.#word() / WORD;
  }

  /** A whole number from `low` to `high`, inclusive. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('nothing to pick from');
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /** An independent generator, so that one actor's choices do not shift another's. */
  fork(): Random {
    const forked = new Random(0);
    forked.#a = this.#word();
    forked.#b = this.#word();
    forked.#c = this.#word();
    forked.#mix();
    return forked;
  }

  /** Spreads the seed over the whole state. */
  #mix(): void {
    for (let round = 0; round < ROUNDS; round += 1) this.#word();
  }

  /** A whole number in [0, 2^32). */
  #word(): number {
    const word = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return word >>> 0;
  }
}

const WORD = 2 ** 32;
const ROUNDS = 15;
