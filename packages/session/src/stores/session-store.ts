/**
 * Keeps sessions. The memcached store (over `@sess/client`) and the memory store implement it; both pass the same
 * conformance suite.
 *
 * A miss is a value. A promise rejects only with a `SessionError`: `SESS_UNAVAILABLE` (no answer, so it is unknown
 * whether the session exists), `SESS_CONFLICT` (a save found a newer or destroyed session), `SESS_TOO_LARGE`,
 * `SESS_BAD_DATA` (a database behind the cache refuses the data), `SESS_ABORTED`, `SESS_CLOSED`, `SESS_STORE` (the
 * store refused the request: a mistake in the calling code).
 */
export interface SessionStore {
  /** Short name for people and diagnostics: `memcached`, `memory`. */
  readonly name: string;
  /**
   * Resolves once the store answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. Stores that are always
   * ready leave it out.
   */
  ready?(): Promise<void>;
  /** The state as far as it is known, without I/O. Stores that are always `'ready'` leave it out. */
  readonly state?: StoreState;
  /** The session under `key`; `undefined` if there is none, it expired or it was destroyed. */
  load(key: string, options?: StoreRequestOptions): Promise<StoredSession | undefined>;
  /**
   * Saves `value` for `ttlSeconds` if `expect` still holds: `'absent'` (there is no session, and none was destroyed
   * under this key), or what {@link SessionStore.load} or an earlier save returned. Resolves with the value for
   * `expect` of the next save.
   */
  save(key: string, value: Uint8Array, options: SaveOptions): Promise<StoredSession>;
  /** Moves the expiry to `ttlSeconds` from now, without rewriting the value. `false` if there is no session. */
  touch(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean>;
  /**
   * Destroys the session and keeps its key unusable for `ttlSeconds`, so no save in flight revives it. Resolves with
   * whether there was a session: of two concurrent calls, one gets `true`.
   */
  destroy(key: string, ttlSeconds: number, options?: DestroyOptions): Promise<boolean>;
  /**
   * The names of the nodes that may hold `key`: all of them, or only those known to fail (all of them if none is).
   * Stores without parts that fail separately leave it out.
   */
  places?(key: string, which: 'any' | 'failing'): readonly string[];
  /**
   * Why {@link SessionStore.load} found nothing under `key`; rejects if the store can't tell now. Stores that never can
   * leave it out.
   */
  whyMissing?(key: string, known: MissKnowledge): Promise<MissReport>;
  /** The sessions of a user that are neither expired nor destroyed. Stores that keep no such list leave it out. */
  ofUser?(user: string): Promise<readonly UserSession[]>;
  /** Closes what the store itself opened. Idempotent. */
  close(): Promise<void>;
}

/** What is known about a missed session. */
export interface MissKnowledge {
  /** When it was last seen, milliseconds since 1970. */
  readonly seenAt?: number | undefined;
  /** When it would have expired, milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** The idle timeout. */
  readonly ttlSeconds: number;
}

export interface MissReport {
  readonly cause: MissCause;
  readonly certainty: Certainty;
  readonly node?: string;
}

/** Why a session is missing; `@sess/client` documents each cause. */
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

export type Certainty = 'certain' | 'likely' | 'possible';

/** Ten years, the longest time to live that `@sess/client` accepts: more is a mistake in the unit. */
export const MAX_TTL_SECONDS = 315_360_000;

export interface StoreRequestOptions {
  /** Rejects with `SESS_ABORTED` when it fires. A write may or may not have happened. */
  readonly signal?: AbortSignal;
}

export interface DestroyOptions extends StoreRequestOptions {
  /**
   * `'required'`: rejects if the store can't keep the key unusable, although the session is gone, because something else
   * may put it back. Default: a session that is gone is destroyed, also by a memcached without memory for a tombstone.
   */
  readonly tombstone?: 'required';
}

export interface SaveOptions extends StoreRequestOptions {
  /** Whole seconds to live, at least 1. */
  readonly ttlSeconds: number;
  readonly expect: StoredSession | 'absent';
  /** The session's user, if it has one. Stores without a list of a user's sessions ignore it. */
  readonly user?: string | undefined;
}

/** One of a user's sessions. */
export interface UserSession {
  /** The storage key. It is not the id in the cookie, so nobody can log in with it. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly expiresAt: number;
}

/** A session's bytes, and what the store needs for a compare-and-swap. */
export interface StoredSession {
  readonly value: Uint8Array;
  /** Only for the store that made it. */
  readonly token: unknown;
  /** Remaining time to live in seconds when it was read or written; `undefined` if the store can't tell. */
  readonly ttlSeconds: number | undefined;
}

/** `'starting'`: no node has answered yet, and not all are known to be down. `'unavailable'`: no node answers. */
export type StoreState = 'starting' | 'ready' | 'unavailable';
