/**
 * Tracks the longest time to live in use under the current view. The history stores it with the view, because a copy
 * written under the view may live that long after it.
 */

/** Number of requested times to live to remember; the shortest counts as the usual one. */
const MAX_REQUESTED = 8;

export class TimesToLive {
  readonly #most: number;
  #longest = 0;
  /** The last distinct times to live that callers requested. */
  #requested: readonly number[] = [];

  /** @param most longest time to live that the history may have, in seconds */
  constructor(most: number = Infinity) {
    this.#most = most;
  }

  /** The longest time to live that callers requested, in seconds; the longest possible one before they requested any. */
  get credible(): number {
    return this.#requested.length === 0 ? this.#most : Math.min(this.#most, Math.max(...this.#requested));
  }

  /** Longest published time to live, in seconds: a longer one must be published before a write. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * The time to live to publish before a record is written for `wanted` seconds. A caller asked for that time (`new`), or
   * it is what remains of the record's time to live (`remaining`): rounded up to a requested one, because every migrated
   * record has another time left, and each would need publishing.
   */
  toPublish(wanted: number, which: 'new' | 'remaining'): number {
    const seconds = Math.min(wanted, this.#most);
    if (which === 'new') {
      if (this.#requested[0] !== seconds)
        this.#requested = [seconds, ...this.#requested.filter((other) => other !== seconds)].slice(0, MAX_REQUESTED);
      return seconds;
    }
    const rounded = Math.min(...this.#requested.filter((requested) => requested >= seconds));
    return rounded === Infinity ? seconds : rounded;
  }

  /** Records live for `seconds` under the current view. */
  atLeast(seconds: number): void {
    this.#longest = Math.max(this.#longest, seconds);
  }

  /**
   * The current view changed to one under which records were written for `known` seconds. Starts with the shortest
   * requested time to live, so that it needs no extra publishing. One session of ten years keeps the window of its own
   * view open, but not those of later views.
   */
  viewChanged(known: number): void {
    this.#longest = Math.max(known, this.#requested.length === 0 ? 0 : Math.min(...this.#requested));
  }
}
