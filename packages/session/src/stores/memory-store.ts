import { SessionError } from '../errors.ts';
import { checkUnknown, clockOf, optionsObject } from '../options/option-checks.ts';
import type { SaveOptions, SessionStore, StoredSession, StoreRequestOptions, UserSession } from './session-store.ts';

export interface MemoryStoreOptions {
  /**
   * Most sessions kept: one more evicts the least recently used. As many destroyed keys are remembered. Default 10,000.
   */
  readonly maxSessions?: number | undefined;
  /** The time in milliseconds since 1970, for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

interface Entry {
  readonly value: Buffer;
  /** Unique to each save. */
  readonly token: object;
  readonly expiresAt: number;
  readonly savedAt: number;
  readonly user: string | undefined;
}

/**
 * Keeps sessions in the memory of this process: for tests and a first look. Not for production: they end with the
 * process, and no other process sees them.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  checkUnknown(optionsObject(options, '{ maxSessions }'), ['maxSessions', 'now']);
  const { maxSessions = 10_000 } = options;
  if (!Number.isInteger(maxSessions) || maxSessions < 1) {
    throw new SessionError(
      'SESS_BAD_OPTION',
      `option "maxSessions" is ${String(maxSessions)}; expected a whole number of at least 1`,
    );
  }
  return new MemoryStore(maxSessions, clockOf(options.now));
}

class MemoryStore implements SessionStore {
  readonly name = 'memory';
  readonly #maxSessions: number;
  readonly #now: () => number;
  /** In the order of their last use: the first is evicted next. */
  readonly #sessions = new Map<string, Entry>();
  /** Destroyed keys, in the order of their destruction, and until when they must not be used again. */
  readonly #destroyed = new Map<string, number>();
  #closed = false;

  constructor(maxSessions: number, now: () => number) {
    this.#maxSessions = maxSessions;
    this.#now = now;
  }

  async load(key: string, options?: StoreRequestOptions): Promise<StoredSession | undefined> {
    this.#admit(options);
    const entry = this.#live(key);
    if (entry === undefined) return undefined;
    this.#put(key, entry);
    return this.#stored(entry);
  }

  async save(key: string, value: Uint8Array, options: SaveOptions): Promise<StoredSession> {
    this.#admit(options);
    const present = this.#live(key);
    const expected = options.expect === 'absent' ? undefined : options.expect.token;
    const destroyed = (this.#destroyed.get(key) ?? 0) > this.#now();
    if (destroyed || present?.token !== expected) {
      throw new SessionError(
        'SESS_CONFLICT',
        destroyed ? 'the session was destroyed' : 'the session is not the one that was expected',
      );
    }
    const entry: Entry = {
      value: Buffer.from(value),
      token: {},
      expiresAt: this.#now() + options.ttlSeconds * 1_000,
      savedAt: this.#now(),
      user: options.user,
    };
    this.#put(key, entry);
    return this.#stored(entry);
  }

  async touch(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean> {
    this.#admit(options);
    const entry = this.#live(key);
    if (entry === undefined) return false;
    this.#put(key, { ...entry, expiresAt: Math.max(entry.expiresAt, this.#now() + ttlSeconds * 1_000) });
    return true;
  }

  async destroy(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean> {
    this.#admit(options);
    const existed = this.#live(key) !== undefined;
    this.#sessions.delete(key);
    const until = Math.max(this.#destroyed.get(key) ?? 0, this.#now() + ttlSeconds * 1_000);
    this.#destroyed.delete(key);
    this.#destroyed.set(key, until);
    this.#makeRoom(this.#destroyed, (end) => end);
    return existed;
  }

  /** Scans all sessions: this store is for tests. */
  async ofUser(user: string): Promise<readonly UserSession[]> {
    this.#admit(undefined);
    return [...this.#sessions]
      .filter(([key, entry]) => entry.user === user && this.#live(key) !== undefined)
      .map(([key, { savedAt, expiresAt }]) => ({ key, savedAt, expiresAt }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sessions.clear();
    this.#destroyed.clear();
  }

  #admit(options: StoreRequestOptions | undefined): void {
    if (this.#closed) throw new SessionError('SESS_CLOSED', 'the memory store was closed');
    if (options?.signal?.aborted)
      throw new SessionError('SESS_ABORTED', 'the request was aborted', { cause: options.signal.reason });
  }

  #live(key: string): Entry | undefined {
    const entry = this.#sessions.get(key);
    return entry !== undefined && entry.expiresAt > this.#now() ? entry : undefined;
  }

  /** Moves the entry to the end, as the last used. */
  #put(key: string, entry: Entry): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, entry);
    this.#makeRoom(this.#sessions, ({ expiresAt }) => expiresAt);
  }

  /** Above the limit: drops expired entries, and if that is not enough, the oldest. */
  #makeRoom<T>(entries: Map<string, T>, endOf: (entry: T) => number): void {
    if (entries.size <= this.#maxSessions) return;
    const now = this.#now();
    for (const [key, entry] of entries) if (endOf(entry) <= now) entries.delete(key);
    for (const key of entries.keys()) {
      if (entries.size <= this.#maxSessions) return;
      entries.delete(key);
    }
  }

  #stored(entry: Entry): StoredSession {
    const ttlSeconds = Math.max(0, Math.floor((entry.expiresAt - this.#now()) / 1_000));
    return { value: Buffer.from(entry.value), token: entry.token, ttlSeconds };
  }
}
