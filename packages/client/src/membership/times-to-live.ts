/**
 * Tracks the longest time to live in use under the current view. The history stores it with the view, because a copy
 * written under the view may live that long after it.
 */

/** Number of requested times to live to remember; the shortest counts as the usual one. */
const MAX_ASKED = 8;

export class TimesToLive {
  #longest = 0;
  /** The last distinct times to live that callers requested. */
  #asked: readonly number[] = [];

  /** Longest published time to live, in seconds: a longer one must be published before a write. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * Call it before a record is written for `seconds`, because a caller asks for it (`asked`) or as the rest of its life
   * (`carried`). Returns whether the history must be published first.
   */
  use(seconds: number, why: 'asked' | 'carried'): boolean {
    if (why === 'asked' && this.#asked[0] !== seconds)
      this.#asked = [seconds, ...this.#asked.filter((other) => other !== seconds)].slice(0, MAX_ASKED);
    if (seconds <= this.#longest) return false;
    // Rounds up to a requested one: migrated records have ever less time left, and each would need publishing.
    this.#longest = Math.min(...this.#asked.filter((asked) => asked >= seconds), why === 'asked' ? seconds : Infinity);
    if (this.#longest === Infinity) this.#longest = seconds;
    return true;
  }

  /** The history says that records live for `seconds` under the current view. */
  atLeast(seconds: number): void {
    this.#longest = Math.max(this.#longest, seconds);
  }

  /**
   * The current view changed to one under which records were written for `known` seconds. Starts with the shortest
   * requested time to live, so that it needs no extra publishing. One session of ten years keeps the window of its own
   * view open, but not those of later views.
   */
  turn(known: number): void {
    this.#longest = Math.max(known, this.#asked.length === 0 ? 0 : Math.min(...this.#asked));
  }
}
