/**
 * Where sessions are kept. The memcached store (over `@sess/client`) and the memory store implement it; one conformance
 * suite holds for both.
 *
 * A miss is a value. A promise rejects only with a `SessionError`: `SESS_UNAVAILABLE` (no answer: says nothing about
 * whether the session exists), `SESS_CONFLICT` (a save found something newer, or destroyed), `SESS_TOO_LARGE`,
 * `SESS_BAD_DATA` (a database behind the cache refuses what it was given), `SESS_ABORTED`, `SESS_CLOSED`, `SESS_STORE`
 * (the store refused the request itself: a mistake in the code that asked).
 */
export interface SessionStore {
  /** Short name for people and diagnostics: `memcached`, `memory`. */
  readonly name: string;
  /**
   * Resolves when the store can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. Stores that are always
   * ready leave it out.
   */
  ready?(): Promise<void>;
  /** What can be told at once, without asking anybody. Stores that are always `'ready'` leave it out. */
  readonly state?: StoreState;
  /** The session under `key`, or `undefined` when there is none, it expired or it was destroyed. */
  load(key: string, options?: StoreRequestOptions): Promise<StoredSession | undefined>;
  /**
   * Saves `value` for `ttlSeconds` where `expect` still holds: `'absent'` (there is none, and none was destroyed under
   * this key), or what {@link SessionStore.load} or an earlier save returned. Resolves with what the next save may
   * expect.
   */
  save(key: string, value: Uint8Array, options: SaveOptions): Promise<StoredSession>;
  /** Moves the expiry to `ttlSeconds` from now; never rewrites. `false` when there is no session. */
  touch(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean>;
  /**
   * Destroys the session and keeps its key unusable for `ttlSeconds`: no save that was under way brings it back.
   * Whether there was a session: of two calls at once, one gets `true`.
   */
  destroy(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean>;
  /**
   * The names of the nodes that may hold `key`: all of them, or those of them that are known to fail (all of them where
   * none is). Left out where the store has no parts that fail by themselves.
   */
  places?(key: string, which: 'any' | 'failing'): readonly string[];
  /**
   * Why {@link SessionStore.load} found nothing under `key`. Left out where the store can't tell; rejects where it can't
   * just now.
   */
  whyMissing?(key: string, known: MissKnowledge): Promise<MissReport>;
  /** The sessions of a user, neither expired nor destroyed. Left out where the store can't tell. */
  ofUser?(user: string): Promise<readonly UserSession[]>;
  /** Releases what the store itself opened. Twice does no harm. */
  close(): Promise<void>;
}

/** What is known of a session that was missed. */
export interface MissKnowledge {
  /** When it was last there, milliseconds since 1970. */
  readonly seenAt?: number | undefined;
  /** Until when it would have lived, milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** The idle timeout. */
  readonly ttlSeconds: number;
}

export interface MissReport {
  readonly cause: MissCause;
  readonly sureness: Sureness;
  readonly node?: string;
}

/** What became of a session that is not there; `@sess/client` says what each means. */
export type MissCause =
  | 'destroyed'
  | 'expired'
  | 'evicted'
  | 'node-lost'
  | 'node-restarted'
  | 'flushed'
  | 'other-cluster'
  | 'foreign'
  | 'unknown';

export type Sureness = 'certain' | 'likely' | 'possible';

/** Ten years, the longest time to live that the client of memcached takes: past that it is a mistake in the unit. */
export const MAX_TTL_SECONDS = 315_360_000;

export interface StoreRequestOptions {
  /** Ends the wait with `SESS_ABORTED`. A write may or may not have happened. */
  readonly signal?: AbortSignal;
}

export interface SaveOptions extends StoreRequestOptions {
  /** Whole seconds to live, at least 1. */
  readonly ttlSeconds: number;
  readonly expect: StoredSession | 'absent';
  /**
   * Whose session it is, where the application says so. A store that keeps no list of a user's sessions has no use for
   * it.
   */
  readonly user?: string | undefined;
}

/** One of a user's sessions. */
export interface UserSession {
  /** The storage key. It is not the id in the cookie, and nobody can log in with it. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly expiresAt: number;
}

/** A session's bytes, and what the store needs to replace exactly them. */
export interface StoredSession {
  readonly value: Uint8Array;
  /** Private to the store that made it. */
  readonly token: unknown;
  /** Remaining time to live in seconds when it was read or written; `undefined` where the store can't tell. */
  readonly ttlSeconds: number | undefined;
}

/** `'starting'`: no node has answered yet. `'unavailable'`: none answers any more, or none of those that were tried. */
export type StoreState = 'starting' | 'ready' | 'unavailable';
