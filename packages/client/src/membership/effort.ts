/** Effort after which the event loop gets a turn: a few milliseconds of work. */
const ENOUGH = 8192;

/** Effort of checking the name of a node. */
export const NAMES = 8;
/** Effort of placing a known node in a view. */
export const PLACES = 1;

/** Counts work that can be interrupted. Does not ask a clock, so that the same work has the same interruptions. */
export class Effort {
  #spent = 0;

  /** Whether it is time for an interruption, after `count` pieces of work of which each takes `each`. */
  takes(each: number, count: number): boolean {
    this.#spent += each * count;
    if (this.#spent < ENOUGH) return false;
    this.#spent = 0;
    return true;
  }
}
