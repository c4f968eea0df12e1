/**
 * For how long records are written: the longest time to live in use since the current view is acted on. The history
 * says it with the view, because a copy that was written under the view may be wanted for so long after it.
 */

/** Times to live that callers asked for, of which the shortest is taken for the usual one. */
const MAX_ASKED = 8;

export class TimesToLive {
  #longest = 0;
  /** The last few that callers asked for, each once. */
  #asked: readonly number[] = [];

  /** What is written for longer has to be published before, in seconds. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * A record is about to be written for so long: as a caller asks, or because it has so long to live yet. Whether the
   * history must be published before.
   */
  use(seconds: number, why: 'asked' | 'carried'): boolean {
    if (why === 'asked' && this.#asked[0] !== seconds)
      this.#asked = [seconds, ...this.#asked.filter((other) => other !== seconds)].slice(0, MAX_ASKED);
    if (seconds <= this.#longest) return false;
    // What is carried has less and less time left: not each is to be published.
    this.#longest = Math.min(...this.#asked.filter((asked) => asked >= seconds), why === 'asked' ? seconds : Infinity);
    if (this.#longest === Infinity) this.#longest = seconds;
    return true;
  }

  /** The history says that records live for so long under the current view. */
  atLeast(seconds: number): void {
    this.#longest = Math.max(this.#longest, seconds);
  }

  /**
   * Another view is acted on, under which records were written for `known` seconds. The shortest of those asked for is
   * the usual one, and need not be published apart. One session of ten years keeps open the window of its own view, and
   * no later one.
   */
  turn(known: number): void {
    this.#longest = Math.max(known, this.#asked.length === 0 ? 0 : Math.min(...this.#asked));
  }
}
