import type { ContentCodec } from '../content/content.ts';
import type { CookieSigner } from '../cookie/cookie-signature.ts';
import type { Lifetime, OwnLifetime } from '../content/envelope.ts';
import type { KeyedMutex } from './keyed-mutex.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { LateChanges } from './late-changes.ts';
import type { MissWatch } from './miss-watch.ts';
import type { OutageLog } from './outage-log.ts';
import type { SessionCookie } from '../cookie/session-cookie.ts';
import { newSessionId, storageKey } from '../cookie/session-id.ts';
import type { Owner } from '../users/session-owner.ts';
import type { SessionStore, StoredSession } from '../stores/session-store.ts';
import type { SessionUsers } from '../users/session-users.ts';
import type { TouchThrottle } from './touch-throttle.ts';
import type { WarnOnce } from './warn-once.ts';

/** Shared by all sessions of one `createSessions`. */
export interface SessionContext {
  readonly options: ResolvedOptions;
  readonly store: SessionStore;
  readonly signer: CookieSigner;
  readonly cookie: SessionCookie;
  readonly codec: ContentCodec;
  readonly touches: TouchThrottle;
  readonly saves: KeyedMutex;
  readonly users: SessionUsers;
  readonly warnOnce: WarnOnce;
  readonly lateChanges: LateChanges;
  readonly outages: OutageLog;
  readonly misses: MissWatch;
}

/** A session's id and storage key. */
export interface Identity {
  readonly id: string;
  readonly key: string;
  /**
   * Whether the browser needs another cookie: this one was signed with an old secret, or names the id before a renewal.
   */
  readonly rotated: boolean;
  /** Whether it was found by the id before a renewal. */
  readonly renewed?: boolean;
}

/** A session as this request last saw it in the store. */
export interface Persisted {
  readonly identity: Identity;
  readonly lifetime: Lifetime;
  /** The encoded data that is stored. */
  readonly text: string;
  /** What the next save must replace. */
  readonly stored: StoredSession;
  /** The session's user, if it has one. */
  readonly owner: Owner | undefined;
  /** The key of the id before the last renewal, while that id still leads here. */
  readonly formerKey?: string | undefined;
}

export function newIdentity({ options }: SessionContext): Identity {
  const id = newSessionId();
  return { id, key: storageKey(options.keyPrefix, id), rotated: false };
}

/** The lifetime of a session that begins now. */
export function newLifetime({ options }: SessionContext, now: number, own?: OwnLifetime): Lifetime {
  const seconds = Math.max(options.absoluteTtlSeconds, own?.ttlSeconds ?? 0);
  return { createdAt: now, idCreatedAt: now, endsAt: now + seconds * 1_000, ...(own === undefined ? {} : { own }) };
}

/** The session's idle timeout in seconds. */
export function ttlSecondsOf({ options }: SessionContext, { own }: Lifetime): number {
  return own?.ttlSeconds ?? options.ttlSeconds;
}

/** Whether the browser keeps the session's cookie across restarts. */
export function isPersistent({ options }: SessionContext, { own }: Lifetime): boolean {
  return own?.persistent ?? options.cookie.persistent;
}

/**
 * Seconds for which a session that is used now may stay unused: the idle timeout, or what is left of the absolute one.
 */
export function idleSeconds(context: SessionContext, lifetime: Lifetime, now: number): number {
  return Math.max(1, Math.min(ttlSecondsOf(context, lifetime), Math.ceil((lifetime.endsAt - now) / 1_000)));
}
