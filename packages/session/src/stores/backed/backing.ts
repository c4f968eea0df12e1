import type { UserSession } from '../session-store.ts';

/**
 * A database behind the cache.
 *
 * `id` is never the id that is in the cookie, but the storage key (`keyPrefix` and the SHA-256 of the id): whoever
 * reads the database can't take over a session. All times are milliseconds since 1970, by the clocks of the application
 * servers. It should heed `signal`, which fires after `timeoutMs`: nobody waits for it longer.
 *
 * What a backing throws means that it can't be reached now, and becomes the `cause` of `SESS_UNAVAILABLE`: the same is
 * tried again, and after several failures the database is left alone for a while. Where the database answered and
 * refuses what it was given (a text that its encoding does not have, a violated constraint), throw an error whose
 * `code` is `'SESS_BAD_DATA'`, such as `new SessionError('SESS_BAD_DATA', …)`. Then only this request fails, with that
 * code; it is not tried again, and is no outage.
 *
 * Only `load` is needed. Without `save` the database is only read; without `destroy` a destroyed session stays dead as
 * long as its tombstone in the cache; without `touch` a session that is used but not changed ends in the database
 * `ttlSeconds` after its last change; without `doubt` and `doubts` a process does not know which cached records are
 * stale because another process wrote to the database alone during an outage of the cache.
 */
export interface Backing {
  /** Short name for people and diagnostics. Default `database`. */
  readonly name?: string;
  /** Rejects when the database can't be used: out of reach, not set up. */
  ready?(): Promise<void>;
  /** What is under `id`, also where it has expired; `'destroyed'` where it is remembered that it was destroyed. */
  load(id: string, signal: AbortSignal): Promise<BackedSession | 'destroyed' | undefined>;
  /**
   * Saves where `session.replaces` allows it, in one atomic step. A backing that does not answer counts as having
   * saved. The same save may come twice: what is there already, the same bytes under the same version, is `'saved'`.
   */
  save?(id: string, session: SessionToSave, signal: AbortSignal): Promise<BackingSaved | void>;
  /**
   * Marks the session under `id` as destroyed until `until`, even if there was none: no save brings it back meanwhile.
   * Of several calls at once, one gets `'destroyed'`. `true` means `'destroyed'`, `false` means `'unknown'`.
   */
  destroy?(id: string, until: number, signal: AbortSignal): Promise<BackingDestroyed | boolean | void>;
  /**
   * Moves expiries of sessions that were not destroyed forward, never back. Called about once a second with all touches
   * since the last call.
   */
  touch?(touches: readonly BackingTouch[], signal: AbortSignal): Promise<void>;
  /**
   * Marks cache nodes as stale for every process: a record on them that was last compared with the database before
   * `until` may be out of date.
   */
  doubt?(places: readonly string[], until: number, signal: AbortSignal): Promise<void>;
  /** The marks made with {@link Backing.doubt}: the latest time for each node. */
  doubts?(signal: AbortSignal): Promise<readonly CacheDoubt[]>;
  /** The sessions of a user, neither expired nor destroyed. */
  ofUser?(user: string, signal: AbortSignal): Promise<readonly UserSession[]>;
  /** Releases what the backing itself opened. Twice does no harm. */
  close?(): Promise<void>;
}

/** A session in the database. */
export interface BackedSession {
  /** The bytes as they are in the cache: encoded, and encrypted where that is configured. */
  readonly value: Uint8Array;
  /**
   * Rises with every save of a session; of two states the one with the higher version is the later. A safe integer.
   * Default 0: older than any save.
   */
  readonly version?: number | undefined;
  /** When it ends unless it is used: the idle timeout, or the absolute one where that comes first. */
  readonly expiresAt: number;
  /** Whose session it is, where the application says so. */
  readonly user?: string | undefined;
}

export interface SessionToSave extends BackedSession {
  readonly version: number;
  /**
   * What the save may replace. `'absent'`: nothing that lives; what has expired counts as absent. A number: a session
   * that lives and whose version is not above it. `'older'`: nothing, or a session of a lower version, expired or not.
   * A destroyed one: never, while it is remembered.
   */
  readonly replaces: 'absent' | 'older' | number;
}

/**
 * `newer`: a version is there that may not be replaced. `missing`: `replaces` is a number, and no session lives.
 * Nothing was written in either case.
 */
export type BackingSaved = 'saved' | 'newer' | 'missing' | 'destroyed';

/** `destroyed`: one that lived. `already`: it was destroyed before. `unknown`: there was none. */
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
