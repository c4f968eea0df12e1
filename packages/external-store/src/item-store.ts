import {
  CONFLICT,
  retryConflicts,
  SessionError,
  storageKey,
  type Client,
  type Cluster,
  type StoredSession,
} from '@sess/session';
import { CounterBatches } from './counter-batches.ts';
import { rethrowOfItem, StoreError } from './errors.ts';
import { decodeItem, encodeItem, textOf, type Item } from './item.ts';
import { openStore, type ExternalStoreOptions } from './options.ts';
import { secondsOf } from './time-to-live.ts';

/** Attempts at one write before giving up. */
const MAX_ATTEMPTS = 16;

export interface GetItemOptions {
  /**
   * Set it if there is usually no item under this key: the first miss then stores a mark, at the cost of one more
   * request. Later reads find the mark, even while one of several nodes that hold the key is down. Default `false`.
   */
  readonly expectsNone?: boolean | undefined;
}

export interface SetItemOptions {
  /** Time to live in seconds, rounded up; 0 or less removes the item. Default: the store's `ttlSeconds`. */
  readonly ttlSeconds?: number | undefined;
  /**
   * The key is never used again after its item was removed, so a late write does nothing. Default `false`: a removed
   * item may be set again.
   */
  readonly unique?: boolean | undefined;
}

/** An item as the library sees it. */
export interface StoredItem {
  readonly text: string;
  /** Remaining time to live in seconds when it was read; `undefined` if the protocol can't tell. */
  readonly ttlSeconds: number | undefined;
}

/** The stored item under a key. With `outage`, a node is out of reach, so the item is unknown. */
interface LoadedItem {
  readonly stored: StoredSession | undefined;
  readonly item: Item | undefined;
  readonly outage?: StoreError;
}

/** The input of a write's decision. `isDead`: a tombstone is stored, which nothing replaces. */
interface Basis extends LoadedItem {
  readonly isDead: boolean;
}

/** The result of a write, and the item to write. Without `next`, nothing is written. */
interface Decision<Result> {
  readonly result: Result;
  readonly next?: Item;
  readonly ttlSeconds?: number;
}

/**
 * Keeps the values of another library under its own keys in the cluster: the base of a key-value store for that
 * library.
 *
 * Every write is an `add` or a compare-and-swap. A removal leaves a mark for as long as an older copy of the item could
 * live. Promises reject only with a `StoreError`.
 */
export class ItemStore {
  readonly #cluster: Cluster;
  readonly #counters = new CounterBatches((key, by, ttlSeconds) => this.#add(key, by, ttlSeconds));
  /** The longest time to live that was set or seen: no copy of an item lives longer. */
  #longestSeconds: number;

  /**
   * @param defaults `ttlSeconds` applies to items that are set without one.
   * @throws {StoreError} `SESS_BAD_OPTION`
   */
  constructor(options: ExternalStoreOptions, defaults: { readonly keyPrefix: string; readonly ttlSeconds?: number }) {
    this.#cluster = openStore(options, defaults.keyPrefix, defaults.ttlSeconds);
    this.#longestSeconds = this.ttlSeconds;
  }

  /** Time to live in whole seconds of items that are set without one. */
  get ttlSeconds(): number {
    return this.#cluster.ttlSeconds;
  }

  /** The client that was passed in, or that `servers` opened. */
  get client(): Client {
    return this.#cluster.client;
  }

  /** Resolves once the cluster answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. */
  async ready(): Promise<void> {
    await this.#cluster.store.ready?.().catch(rethrowOfItem);
  }

  /**
   * The item under `key`; `undefined` if there is none.
   *
   * @throws {StoreError} `SESS_UNAVAILABLE` if a node that could hold it is out of reach.
   */
  async get(key: string, { expectsNone = false }: GetItemOptions = {}): Promise<StoredItem | undefined> {
    const { stored, item } = await this.#load(key);
    // The mark only helps later reads, so a conflict or an outage does not matter.
    if (expectsNone && stored === undefined)
      await this.#save(key, { kind: 'removed' }, this.#longestSeconds, 'absent').catch(() => undefined);
    const now = Date.now();
    const text = textOf(item, now);
    if (text === undefined) return undefined;
    return { text, ttlSeconds: item?.kind === 'counter' ? secondsOf(item.endsAt - now, now) : stored?.ttlSeconds };
  }

  /** Stores `text`. Resolves with whether it did: `false` for a `unique` item that was removed before. */
  async set(key: string, text: string, { ttlSeconds, unique = false }: SetItemOptions = {}): Promise<boolean> {
    const seconds = this.#secondsOf(ttlSeconds ?? this.ttlSeconds);
    if (seconds === 0) {
      await this.remove(key);
      return true;
    }
    return this.#write(key, ({ item, isDead }) => {
      if (unique && (isDead || item?.kind === 'removed')) return { result: false };
      if (isDead) refuseReusedKey();
      return { result: true, next: { kind: unique ? 'unique' : 'value', text }, ttlSeconds: seconds };
    });
  }

  /** Removes the item. Resolves with whether there was one, as far as the nodes in reach know. */
  async remove(key: string): Promise<boolean> {
    const found = await this.#write<boolean | 'unique'>(key, ({ item, isDead }) => {
      if (item?.kind === 'unique') return { result: 'unique' };
      const removal = this.#removal(item, isDead);
      return { ...removal, result: removal.result !== undefined };
    });
    if (found !== 'unique') return found;
    // A tombstone: neither a write nor an older copy can revive it.
    return this.#cluster.store.destroy(this.#keyOf(key), this.#longestSeconds).catch(rethrowOfItem);
  }

  /**
   * Removes the item and resolves with its text: of several concurrent callers, one gets it.
   *
   * @throws {StoreError} `SESS_UNAVAILABLE` if a node that could hold it is out of reach.
   */
  async take(key: string): Promise<string | undefined> {
    return this.#write(key, ({ item, isDead }) => this.#removal(item, isDead), { mustRead: true });
  }

  /**
   * Adds one to the counter under `key` and resolves with its new value. The first call creates it, to live for
   * `ttlSeconds`; later calls do not extend that.
   *
   * @throws {StoreError} `SESS_BAD_DATA` if the stored value is not a number.
   */
  async increment(key: string, ttlSeconds: number): Promise<number> {
    this.#keyOf(key);
    const seconds = this.#secondsOf(ttlSeconds);
    if (seconds > 0) return this.#counters.increment(key, seconds);
    throw new StoreError('SESS_BAD_DATA', `a counter lives for at least one second; got ${ttlSeconds}`);
  }

  /** Closes the client that `servers` opened. Idempotent. */
  async close(): Promise<void> {
    await this.#cluster.close();
  }

  async #add(key: string, by: number, ttlSeconds: number): Promise<number> {
    return this.#write(key, ({ item, stored, isDead }) => {
      if (isDead) refuseReusedKey();
      const now = Date.now();
      const text = textOf(item, now);
      const count = Number(text ?? 0) + by;
      if (!Number.isSafeInteger(count))
        throw new StoreError('SESS_BAD_DATA', 'expected a number under this key; something else is stored');
      const left = text === undefined ? ttlSeconds : (stored?.ttlSeconds ?? ttlSeconds);
      const endsAt = text !== undefined && item?.kind === 'counter' ? item.endsAt : now + left * 1000;
      return {
        result: count,
        next: { kind: 'counter', count, endsAt },
        ttlSeconds: secondsOf(endsAt - now, now) || 1,
      };
    });
  }

  #removal(item: Item | undefined, isDead: boolean): Decision<string | undefined> {
    const result = textOf(item);
    if (isDead || item?.kind === 'removed') return { result };
    return { result, next: { kind: 'removed' }, ttlSeconds: this.#longestSeconds };
  }

  /**
   * Decides by the stored item, then replaces it by `next`; repeats that while others write first. If a node is down,
   * so that the stored item is unknown, it adds `next` on the nodes in reach, unless `mustRead`.
   */
  async #write<Result>(
    key: string,
    decide: (basis: Basis) => Decision<Result>,
    { mustRead = false }: { readonly mustRead?: boolean } = {},
  ): Promise<Result> {
    const tries = { most: MAX_ATTEMPTS, what: 'others wrote this item' };
    return retryConflicts<Result>(tries, async (attempt) => {
      const { stored, item, outage }: LoadedItem = mustRead ? await this.#load(key) : await this.#loadIfInReach(key);
      // The last write was refused although there is no item: a tombstone blocks the key.
      const isDead = attempt > 1 && stored === undefined && outage === undefined;
      const { result, next, ttlSeconds = 1 } = decide({ stored, item, isDead });
      if (next === undefined) return result;
      try {
        await this.#save(key, next, ttlSeconds, stored ?? 'absent');
        return result;
      } catch (error) {
        if (!SessionError.is(error) || error.code !== 'SESS_CONFLICT') throw error;
        if (outage !== undefined) throw outage;
        return CONFLICT;
      }
    }).catch(rethrowOfItem);
  }

  async #save(key: string, item: Item, ttlSeconds: number, expect: StoredSession | 'absent'): Promise<void> {
    await this.#cluster.store.save(this.#keyOf(key), encodeItem(item), { ttlSeconds, expect });
  }

  async #loadIfInReach(key: string): Promise<LoadedItem> {
    try {
      return await this.#load(key);
    } catch (error) {
      if (!StoreError.is(error) || error.code !== 'SESS_UNAVAILABLE') throw error;
      return { stored: undefined, item: undefined, outage: error };
    }
  }

  async #load(key: string): Promise<LoadedItem> {
    const stored = await this.#cluster.store.load(this.#keyOf(key)).catch(rethrowOfItem);
    this.#noteLifetime(stored?.ttlSeconds);
    return { stored, item: stored && decodeItem(stored.value) };
  }

  #keyOf(key: string): string {
    if (typeof key === 'string' && key !== '') return storageKey(this.#cluster.keyPrefix, key);
    throw new StoreError(
      'SESS_BAD_DATA',
      `a key is a text of at least one character; got ${key === '' ? 'an empty one' : typeof key}`,
    );
  }

  #secondsOf(given: number): number {
    const seconds = typeof given === 'number' ? secondsOf(given * 1000) : undefined;
    if (seconds === undefined)
      throw new StoreError('SESS_BAD_DATA', `a time to live is a number of seconds; got ${typeof given}`);
    this.#noteLifetime(seconds);
    return seconds;
  }

  #noteLifetime(ttlSeconds: number | undefined): void {
    if (ttlSeconds !== undefined && ttlSeconds !== Infinity && ttlSeconds > this.#longestSeconds)
      this.#longestSeconds = Math.ceil(ttlSeconds);
  }
}

function refuseReusedKey(): never {
  throw new StoreError(
    'SESS_CONFLICT',
    'this key held an item that was stored as unique and was removed: nothing else can be stored under it yet',
  );
}
