import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, SessionError } from '../../errors.ts';
import type { StoredSession } from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';
import { fromCache } from './backed-session.ts';
import { openRecord, sealRecord } from './cached-record.ts';
import { remainingSeconds, type DatabaseSession } from './read-database.ts';

const MAX_ATTEMPTS = 8;

/** Refused adds, with growing pauses and no record to read in between, after which a session counts as destroyed. */
const REFUSALS = 4;

/** What the cache holds afterwards; `isOurs`: it is the given session. `'destroyed'`: a tombstone blocks the key. */
export type Kept =
  | {
      readonly isOurs: boolean;
      readonly version: number;
      readonly stored: StoredSession;
      readonly cached: StoredSession;
    }
  | 'destroyed';

export interface KeepOptions {
  /** When the session was read from or written to the database. */
  readonly checkedAt: number;
  /** The cached record, if the caller knows it. */
  readonly expect?: StoredSession | 'absent' | undefined;
  /** The latest version that may be replaced. Default: the version of the session. */
  readonly over?: number;
}

/**
 * Caches `session`, in place of nothing or of a version up to `over`. A later version or a tombstone stays.
 *
 * @throws {SessionError} `SESS_UNAVAILABLE`; `SESS_CONFLICT` if others keep changing it.
 */
export async function keepInCache(
  context: BackedContext,
  key: string,
  session: DatabaseSession,
  options: KeepOptions,
): Promise<Kept> {
  const { cache } = context;
  const { checkedAt, over = session.version } = options;
  let expect = options.expect;
  let refused = 0;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (expect === undefined) {
      const cached = await cache.load(key);
      if (cached !== undefined) {
        refused = 0;
        const record = openRecord(cached);
        // Two versions may be equal by chance, so compare the bytes too.
        const isOurs = record.version === session.version && Buffer.compare(record.value, session.value) === 0;
        if (isOurs ? record.checkedAt >= checkedAt : record.version > over) {
          return { isOurs, version: record.version, stored: fromCache(record, cached), cached };
        }
      }
      expect = cached ?? 'absent';
    }
    try {
      const bytes = sealRecord({ value: session.value, version: session.version, checkedAt });
      const ttlSeconds = remainingSeconds(context, session);
      const cached = await cache.save(key, bytes, { ttlSeconds, expect, user: session.user });
      const stored = fromCache({ value: Buffer.from(session.value), version: session.version }, cached);
      return { isOurs: true, version: session.version, stored, cached };
    } catch (error) {
      if (!hasCode(error, 'SESS_CONFLICT')) throw error;
      if (expect === 'absent') {
        // No record can be read, but `add` fails every time: a tombstone blocks the key. One or two failures prove
        // nothing, because a record may have come and gone in between.
        refused += 1;
        if (refused === REFUSALS) return 'destroyed';
        if (refused > 1) await sleep(2 ** refused);
      }
      expect = undefined;
    }
  }
  throw new SessionError('SESS_CONFLICT', 'other requests kept changing the session in the cache');
}
