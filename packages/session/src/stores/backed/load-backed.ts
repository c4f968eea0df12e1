import { hasCode, SessionError } from '../../errors.ts';
import type { StoredSession, StoreRequestOptions } from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';
import { fromCache, fromDatabase } from './backed-session.ts';
import { openRecord, type CachedRecord } from './cached-record.ts';
import { keepInCache } from './keep-in-cache.ts';
import { takeLease } from './load-lease.ts';
import { TOMBSTONE_SECONDS, isLive, readDatabase, type DatabaseSession } from './read-database.ts';

const MAX_ATTEMPTS = 4;

/** The session from the cache, or from the database if the cache lost it, may be stale or is out of reach. */
export async function loadBacked(
  context: BackedContext,
  key: string,
  options?: StoreRequestOptions,
): Promise<StoredSession | undefined> {
  const { cache, staleMarks, pending, unknown } = context;
  let cached: StoredSession | undefined;
  try {
    cached = await cache.load(key, options);
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    return loadPastCache(context, key, error);
  }
  if (pending.isDestroyed(key)) return undefined;
  if (cached === undefined) return loadMissed(context, key);
  unknown.exists(key);
  const refreshing = staleMarks.refresh();
  if (refreshing !== undefined) await refreshing;
  const record = openRecord(cached);
  return isDoubtful(context, key, record) ? checked(context, key, cached, record) : fromCache(record, cached);
}

/** Whether the database may have a later version, or this process has one queued for it. */
function isDoubtful(
  { staleMarks, pending }: BackedContext,
  key: string,
  { version, checkedAt }: CachedRecord,
): boolean {
  if (staleMarks.about(key, checkedAt)) return true;
  const write = pending.get(key);
  return write?.kind === 'save' && write.session.version > version;
}

async function loadPastCache(
  context: BackedContext,
  key: string,
  outage: SessionError,
): Promise<StoredSession | undefined> {
  let row: DatabaseSession | 'destroyed' | undefined;
  try {
    row = await readDatabase(context, key);
  } catch (error) {
    throw hasCode(error, 'SESS_UNAVAILABLE')
      ? new SessionError('SESS_UNAVAILABLE', `${outage.message}; ${error.message}`, { cause: outage })
      : error;
  }
  if (row === 'destroyed') return undefined;
  // The cache may have a record that is not in the database yet.
  if (row === undefined) throw outage;
  return isLive(context, row) ? fromDatabase(context, row) : undefined;
}

/** Loads a record that the cache lost: one process reads it from the database and caches it again. */
export async function loadMissed(context: BackedContext, key: string): Promise<StoredSession | undefined> {
  const { unknown, flights } = context;
  if (unknown.has(key)) return undefined;
  const found = await flights.run(`miss ${key}`, () => loadAndCache(context, key));
  return found === undefined ? undefined : { ...found, value: Buffer.from(found.value) };
}

async function loadAndCache(context: BackedContext, key: string): Promise<StoredSession | undefined> {
  const { unknown, resolved } = context;
  const notFound = unknown.seek(key);
  const answer = await takeLease(context, key);
  if (answer.kind === 'unknown') {
    notFound();
    return undefined;
  }
  if (answer.kind === 'cached') return fromCache(openRecord(answer.cached), answer.cached);
  let outcome: 'unknown' | 'done' = 'done';
  try {
    const askedAt = context.now();
    const row = await readDatabase(context, key);
    if (row === undefined || row === 'destroyed' || !isLive(context, row)) {
      notFound();
      if (resolved.limits.unknownSeconds > 0) outcome = 'unknown';
      return undefined;
    }
    return await cacheRow(context, key, row, askedAt);
  } finally {
    unknown.ended(key);
    await answer.lease?.end(outcome);
  }
}

async function cacheRow(
  context: BackedContext,
  key: string,
  row: DatabaseSession,
  askedAt: number,
): Promise<StoredSession | undefined> {
  try {
    const kept = await keepInCache(context, key, row, { checkedAt: askedAt, expect: 'absent' });
    return kept === 'destroyed' ? undefined : kept.stored;
  } catch (error) {
    // The cache went out of reach meanwhile, but the session is loaded.
    if (hasCode(error, 'SESS_UNAVAILABLE')) return fromDatabase(context, row);
    throw error;
  }
}

/** Compares a record that may be stale with the database, keeps the later one, and notes the time of the comparison. */
async function checked(
  context: BackedContext,
  key: string,
  first: StoredSession,
  firstRecord: CachedRecord,
): Promise<StoredSession | undefined> {
  const { cache, now } = context;
  let [cached, record] = [first, firstRecord];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const askedAt = now();
    const row = await readDatabase(context, key);
    if (row === 'destroyed' || (row !== undefined && row.version > record.version && !isLive(context, row))) {
      await cache.destroy(key, TOMBSTONE_SECONDS, { tombstone: 'required' });
      return undefined;
    }
    const later = row !== undefined && row.version > record.version ? row : stillThere(context, cached, record, row);
    // Neither cache nor database knows the record's expiry, so it stays as it is and is compared again next time.
    if (later === undefined) return fromCache(record, cached);
    try {
      const kept = await keepInCache(context, key, later, { checkedAt: askedAt, expect: cached });
      return kept === 'destroyed' ? undefined : kept.stored;
    } catch (error) {
      if (!hasCode(error, 'SESS_CONFLICT')) throw error;
    }
    const again = await cache.load(key);
    if (again === undefined) return loadMissed(context, key);
    [cached, record] = [again, openRecord(again)];
    if (!isDoubtful(context, key, record)) return fromCache(record, again);
  }
  throw new SessionError('SESS_UNAVAILABLE', 'the session kept changing while it was compared with the database');
}

/** The cached record with its remaining time; `undefined` if that is unknown or over. */
function stillThere(
  { now }: BackedContext,
  cached: StoredSession,
  record: CachedRecord,
  row: DatabaseSession | undefined,
): DatabaseSession | undefined {
  const expiresAt = cached.ttlSeconds === undefined ? row?.expiresAt : now() + cached.ttlSeconds * 1_000;
  if (expiresAt === undefined || expiresAt <= now()) return undefined;
  return { value: record.value, version: record.version, expiresAt, user: row?.user };
}
