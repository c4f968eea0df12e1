import { LRUCache } from 'lru-cache';

/** Ids that a process remembers; past that the oldest is forgotten. About 100 bytes each. */
const MAX_REMEMBERED = 10_000;

/** Ids that the database did not know a moment ago: they are not looked for again, for some seconds. */
export class NegativeCache {
  /** Until when. */
  readonly #until = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  /** Ids that are being looked for; one that comes to exist meanwhile is taken out. */
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
   * Begins to look for an id. Call what comes back when it was not found: it is remembered, unless it was told of
   * meanwhile that it exists.
   */
  seek(id: string): () => void {
    const ticket = {};
    this.#sought.set(id, ticket);
    return () => {
      if (this.#sought.get(id) === ticket) this.#add(id);
    };
  }

  /** It exists, or will in a moment. */
  exists(id: string): void {
    this.#until.delete(id);
    this.#sought.delete(id);
  }

  /** It is not looked for any more. */
  ended(id: string): void {
    this.#sought.delete(id);
  }

  #add(id: string): void {
    if (this.#milliseconds > 0) this.#until.set(id, this.#now() + this.#milliseconds);
  }
}
