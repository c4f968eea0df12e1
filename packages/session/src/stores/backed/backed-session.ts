import type { StoredSession } from '../session-store.ts';
import type { CachedRecord } from './cached-record.ts';
import type { BackedContext } from './backed-context.ts';
import { remainingSeconds, type DatabaseSession } from './read-database.ts';

/** The session that the next save may replace. */
export interface BackedToken {
  readonly version: number;
  /** The cached record; `undefined` for a session that came from the database while the cache was out of reach. */
  readonly cached: StoredSession | undefined;
}

export function fromCache(
  { value, version }: Pick<CachedRecord, 'value' | 'version'>,
  cached: StoredSession,
): StoredSession {
  return { value, token: { version, cached } satisfies BackedToken, ttlSeconds: cached.ttlSeconds };
}

/** The bytes are copied: several requests may share one load. */
export function fromDatabase(context: BackedContext, session: DatabaseSession): StoredSession {
  return {
    value: Buffer.from(session.value),
    token: { version: session.version, cached: undefined } satisfies BackedToken,
    ttlSeconds: remainingSeconds(context, session),
  };
}

export function tokenOf(session: StoredSession): BackedToken {
  // Only the two functions above make the tokens of this store.
  return session.token as BackedToken;
}
