import type { SessionStore } from '../session-store.ts';
import type { Backing, CacheDoubt } from './backing.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** How old, in milliseconds, a process's copy of the stale marks may be when it answers from the cache. */
const MAX_AGE_MS = 1_000;

/**
 * How far a stale mark reaches into the future, in milliseconds. A mark is renewed when less than half is left, so an
 * outage costs one write every two seconds. Clocks of servers may differ by two seconds.
 */
const REACH_MS = 4_000;

/**
 * The nodes of the cache that may hold records older than the database's.
 *
 * A write that reached only the database, because a node of the cache was out of reach, is missing on that node when it
 * comes back. So before such a write is acknowledged, the node is marked as stale in the database, and every process
 * reads these marks once a second. A record on a marked node is compared with the database once before it is used.
 */
export class StaleMarks {
  readonly #cache: SessionStore;
  readonly #backing: Backing;
  readonly #breaker: CircuitBreaker;
  readonly #now: () => number;
  readonly #until = new Map<string, number>();
  /** The latest of those times. */
  #latest = -Infinity;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  /** Whether the last read of the marks failed: then no request waits for the next read. */
  #blind = false;

  constructor(cache: SessionStore, backing: Backing, breaker: CircuitBreaker, now: () => number) {
    this.#cache = cache;
    this.#backing = backing;
    this.#breaker = breaker;
    this.#now = now;
  }

  /** Whether the backing shares stale marks between processes. */
  get shared(): boolean {
    return this.#backing.doubt !== undefined;
  }

  /** Reads the marks if the last read is older than a second. `undefined` if there is nothing to wait for. */
  refresh(): Promise<void> | undefined {
    if (!this.shared || Math.abs(this.#now() - this.#readAt) < MAX_AGE_MS) return undefined;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#blind ? undefined : this.#reading;
  }

  /** Whether the cached record under `key`, last compared with the database at `checkedAt`, may be out of date. */
  about(key: string, checkedAt: number): boolean {
    if (checkedAt > this.#latest) return false;
    return this.#places(key, 'any').some((place) => (this.#until.get(place) ?? -Infinity) >= checkedAt);
  }

  /**
   * Marks the nodes that may hold `key` as stale, with every record on them: only the failing ones, if any is known to
   * fail.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` if the mark can't be shared with other processes.
   */
  async raise(key: string): Promise<void> {
    const places = this.#places(key, 'failing');
    const now = this.#now();
    const due = places.filter((place) => (this.#until.get(place) ?? -Infinity) < now + REACH_MS / 2);
    if (due.length === 0) return;
    const until = now + REACH_MS;
    await this.#breaker.run('doubt', async (signal) => this.#backing.doubt?.(due, until, signal));
    this.#learn(due.map((place) => ({ place, until })));
  }

  async #read(): Promise<void> {
    this.#readAt = this.#now();
    try {
      this.#learn((await this.#breaker.run('doubt', async (signal) => this.#backing.doubts?.(signal))) ?? []);
      this.#blind = false;
    } catch {
      // The circuit breaker reports it. While the marks can't be read, no process can write to the database alone
      // either.
      this.#blind = true;
    }
  }

  #learn(doubts: readonly CacheDoubt[]): void {
    for (const { place, until } of doubts) {
      this.#until.set(place, Math.max(until, this.#until.get(place) ?? -Infinity));
      this.#latest = Math.max(this.#latest, until);
    }
  }

  #places(key: string, which: 'any' | 'failing'): readonly string[] {
    const places = this.#cache.places?.(key, which) ?? [];
    if (which === 'any') return ['', ...places];
    return places.length === 0 ? [''] : places;
  }
}
