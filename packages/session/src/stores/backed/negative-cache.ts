import { LRUCache } from 'lru-cache';

/** Most ids that a process remembers. About 100 bytes each. */
const MAX_REMEMBERED = 10_000;

/** Ids that the database did not have a moment ago: they are not looked up again for some seconds. */
export class NegativeCache {
  /** Until when each id counts as missing. */
  readonly #until = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  /** Ids that are being looked up; an id that is saved meanwhile is removed. */
  readonly #sought = new Map<string, object>();
  readonly #milliseconds: number;
  readonly #now: () => number;

  constructor(seconds: number, now: () => number) {
    this.#milliseconds = seconds * 1_000;
    this.#now = now;
  }

  has(id: string): boolean {
    const until = this.#until.peek(id);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#until.delete(id);
    return false;
  }

  /**
   * Begins to look up an id. Call the returned function if it was not found: the id is remembered, unless `exists` was
   * called meanwhile.
   */
  seek(id: string): () => void {
    const ticket = {};
    this.#sought.set(id, ticket);
    return () => {
      if (this.#sought.get(id) === ticket) this.#add(id);
    };
  }

  /** The id exists, or will in a moment. */
  exists(id: string): void {
    this.#until.delete(id);
    this.#sought.delete(id);
  }

  /** The lookup has ended. */
  ended(id: string): void {
    this.#sought.delete(id);
  }

  #add(id: string): void {
    if (this.#milliseconds > 0) this.#until.set(id, this.#now() + this.#milliseconds);
  }
}
