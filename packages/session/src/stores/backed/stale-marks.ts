import type { SessionStore } from '../session-store.ts';
import type { Backing, CacheDoubt } from './backing.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** How old, in milliseconds, what a process knows of others' doubts may be when it answers from the cache. */
const MAX_AGE_MS = 1_000;

/** How far a doubt reaches ahead, in milliseconds: it is noted anew when less than half is left, so an outage costs a note every two seconds. Also how far clocks may differ. */
const REACH_MS = 4_000;

/**
 * Where the cache may hold less than the database does.
 *
 * What was written to the database while a node of the cache was out of reach is not on that node when it is back. So before such a write is acknowledged the
 * node is put in doubt, in the database, where every process looks once a second. A record on a doubted node is held against the database once, unless that
 * has been done since.
 */
export class StaleMarks {
  readonly #cache: SessionStore;
  readonly #backing: Backing;
  readonly #gate: CircuitBreaker;
  readonly #now: () => number;
  readonly #until = new Map<string, number>();
  /** The latest of them. */
  #latest = -Infinity;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  /** Whether the last look failed: then nobody waits for the next. */
  #blind = false;

  constructor(cache: SessionStore, backing: Backing, gate: CircuitBreaker, now: () => number) {
    this.#cache = cache;
    this.#backing = backing;
    this.#gate = gate;
    this.#now = now;
  }

  /** Whether other processes hear of a doubt. */
  get shared(): boolean {
    return this.#backing.doubt !== undefined;
  }

  /** Looks whether others have doubts, where the last look is a second old. `undefined` when there is nothing to wait for. */
  refresh(): Promise<void> | undefined {
    if (!this.shared || Math.abs(this.#now() - this.#readAt) < MAX_AGE_MS) return undefined;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#blind ? undefined : this.#reading;
  }

  /** Whether what is in the cache under `key`, and was last held against the database at `checkedAt`, may be out of date. */
  about(key: string, checkedAt: number): boolean {
    if (checkedAt > this.#latest) return false;
    return this.#places(key, 'any').some((place) => (this.#until.get(place) ?? -Infinity) >= checkedAt);
  }

  /**
   * Puts what the cache holds under `key`, and all that is at the same place, in doubt.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` when others can't be told.
   */
  async raise(key: string): Promise<void> {
    const places = this.#places(key, 'failing');
    const now = this.#now();
    const due = places.filter((place) => (this.#until.get(place) ?? -Infinity) < now + REACH_MS / 2);
    if (due.length === 0) return;
    const until = now + REACH_MS;
    await this.#gate.run('doubt', async (signal) => this.#backing.doubt?.(due, until, signal));
    this.#learn(due.map((place) => ({ place, until })));
  }

  async #read(): Promise<void> {
    this.#readAt = this.#now();
    try {
      this.#learn((await this.#gate.run('doubt', async (signal) => this.#backing.doubts?.(signal))) ?? []);
      this.#blind = false;
    } catch {
      // Told by the gate. While nobody can read doubts nobody can write to the database past the cache either.
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
