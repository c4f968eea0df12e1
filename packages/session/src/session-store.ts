/**
 * Where sessions are kept: the seam between what a session is and what holds it. The memcached store (over `@sess/client`) and the
 * memory store implement it; one conformance suite holds for both.
 *
 * A miss is a value. A promise rejects only with a `SessionError`: `SESS_UNAVAILABLE` (no answer: says nothing about whether the
 * session exists), `SESS_CONFLICT` (a save found something newer, or destroyed), `SESS_TOO_LARGE`, `SESS_CLOSED`.
 */
export interface SessionStore {
  /** Short name for people and diagnostics: `memcached`, `memory`. */
  readonly name: string;
  /** The session under `key`, or `undefined` when there is none, it expired or it was destroyed. */
  load(key: string, options?: StoreRequestOptions): Promise<StoredSession | undefined>;
  /**
   * Saves `value` for `ttlSeconds` where `expect` still holds: `'absent'` (there is none, and none was destroyed under this key), or what
   * {@link SessionStore.load} or an earlier save returned. Resolves with what the next save may expect.
   */
  save(key: string, value: Uint8Array, options: SaveOptions): Promise<StoredSession>;
  /** Moves the expiry to `ttlSeconds` from now; never rewrites. `false` when there is no session. */
  touch(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean>;
  /** Destroys the session and keeps its key unusable for `ttlSeconds`: no save that was under way brings it back. */
  destroy(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<void>;
  /** Releases what the store itself opened. Twice does no harm. */
  close(): Promise<void>;
}

export interface StoreRequestOptions {
  readonly signal?: AbortSignal;
}

export interface SaveOptions extends StoreRequestOptions {
  readonly ttlSeconds: number;
  readonly expect: StoredSession | 'absent';
}

/** A session's bytes, and what the store needs to replace exactly them. */
export interface StoredSession {
  readonly value: Uint8Array;
  /** Private to the store that made it. */
  readonly token: unknown;
  /** Remaining time to live in seconds when it was read; `undefined` where the store can't tell. */
  readonly ttlSeconds: number | undefined;
}
