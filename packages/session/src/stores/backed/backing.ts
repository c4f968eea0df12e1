import type { UserSession } from '../session-store.ts';

/**
 * A database behind the cache.
 *
 * `id` is the storage key (`keyPrefix` and the SHA-256 of the id), never the id in the cookie: a reader of the database
 * can't take over a session. All times are milliseconds since 1970, by the clocks of the application servers. A method
 * should stop when `signal` fires, after `timeoutMs`: its caller has given up then.
 *
 * An error that a method throws counts as an outage and becomes the `cause` of `SESS_UNAVAILABLE`: the operation is
 * retried, and after several failures the circuit breaker stops requests for a while. If the database answered but
 * refuses the data (a character that its encoding lacks, a violated constraint), throw an error whose `code` is
 * `'SESS_BAD_DATA'`, such as `new SessionError('SESS_BAD_DATA', …)`. Then only this request fails, with that code; it
 * is not retried and does not count as an outage.
 *
 * Only `load` is required. Without `save` the database is only read. Without `destroy` a destroyed session stays dead
 * only as long as its tombstone in the cache. Without `touch` a session that is used but not changed ends in the
 * database `ttlSeconds` after its last change. Without `doubt` and `doubts` a process does not know which cached
 * records are stale because another process wrote only to the database during an outage of the cache.
 */
export interface Backing {
  /** Short name for people and diagnostics. Default `database`. */
  readonly name?: string;
  /** Rejects if the database can't be used: it is out of reach or not set up. */
  ready?(): Promise<void>;
  /** The session under `id`, even an expired one; `'destroyed'` if the database remembers that it was destroyed. */
  load(id: string, signal: AbortSignal): Promise<BackedSession | 'destroyed' | undefined>;
  /**
   * Saves if `session.replaces` allows it, in one atomic step. Returning nothing means `'saved'`. The same save may
   * come twice: if the same bytes are stored under the same version, return `'saved'`.
   */
  save?(id: string, session: SessionToSave, signal: AbortSignal): Promise<BackingSaved | void>;
  /**
   * Marks the session under `id` as destroyed until `until`, even if there was none, so that no save revives it. Of
   * several concurrent calls, one gets `'destroyed'`. `true` means `'destroyed'`, `false` means `'unknown'`.
   */
  destroy?(id: string, until: number, signal: AbortSignal): Promise<BackingDestroyed | boolean | void>;
  /**
   * Moves the expiries of sessions that were not destroyed forward, never back. Called about once a second with the
   * touches since the last call, up to 500 at a time.
   */
  touch?(touches: readonly BackingTouch[], signal: AbortSignal): Promise<void>;
  /**
   * Marks cache nodes as stale for every process: a record on them that was last compared with the database before
   * `until` may be out of date.
   */
  doubt?(places: readonly string[], until: number, signal: AbortSignal): Promise<void>;
  /** The marks made with {@link Backing.doubt}: the latest time for each node. */
  doubts?(signal: AbortSignal): Promise<readonly CacheDoubt[]>;
  /** The sessions of a user that are neither expired nor destroyed. */
  ofUser?(user: string, signal: AbortSignal): Promise<readonly UserSession[]>;
  /** Closes what the backing itself opened. Idempotent. */
  close?(): Promise<void>;
}

/** A session in the database. */
export interface BackedSession {
  /** The bytes as in the cache: encoded, and encrypted if that is configured. */
  readonly value: Uint8Array;
  /**
   * Increases with every save of a session; of two states, the one with the higher version is the later. A safe
   * integer. Default 0: older than any save.
   */
  readonly version?: number | undefined;
  /** When it ends unless it is used: at its idle or its absolute timeout, whichever comes first. */
  readonly expiresAt: number;
  /** The session's user, if it has one. */
  readonly user?: string | undefined;
}

export interface SessionToSave extends BackedSession {
  readonly version: number;
  /**
   * What the save may replace. `'absent'`: no live session; an expired one counts as absent. A number: a live session
   * whose version is not above it. `'older'`: nothing, or a session of a lower version, live or expired. Never a
   * session that is remembered as destroyed.
   */
  readonly replaces: 'absent' | 'older' | number;
}

/**
 * `newer`: the stored version may not be replaced. `missing`: `replaces` is a number, and there is no live session.
 * Unless `saved`, nothing was written.
 */
export type BackingSaved = 'saved' | 'newer' | 'missing' | 'destroyed';

/**
 * `destroyed`: a live session. `already`: it was destroyed before, and that is still remembered. `unknown`: there was
 * none, or only an expired one, which may still live in the cache.
 */
export type BackingDestroyed = 'destroyed' | 'already' | 'unknown';

export interface BackingTouch {
  readonly id: string;
  readonly expiresAt: number;
}

export interface CacheDoubt {
  /** A node's name; empty for the whole cache. */
  readonly place: string;
  readonly until: number;
}
