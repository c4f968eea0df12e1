import { hasCode, SessionError } from '../../errors.ts';
import type { SaveOptions, StoredSession } from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';
import { fromCache, fromDatabase, tokenOf, type BackedToken } from './backed-session.ts';
import type { BackingSaved, SessionToSave } from './backing.ts';
import { openRecord, sealRecord } from './cached-record.ts';
import { keepInCache, type Kept } from './keep-in-cache.ts';
import { TOMBSTONE_SECONDS, forgetLoad, readDatabase, type DatabaseSession } from './read-database.ts';
import { nextVersion } from './session-version.ts';

/** A prepared save. */
interface Save {
  readonly key: string;
  readonly session: DatabaseSession;
  readonly base: BackedToken | 'absent';
  readonly options: SaveOptions;
}

export async function saveBacked(
  context: BackedContext,
  key: string,
  value: Uint8Array,
  options: SaveOptions,
): Promise<StoredSession> {
  const { backing, pending, resolved, unknown, now } = context;
  const base = options.expect === 'absent' ? options.expect : tokenOf(options.expect);
  const version = nextVersion(base === 'absent' ? 0 : base.version, now());
  const session: DatabaseSession = {
    value: Buffer.from(value),
    version,
    expiresAt: now() + options.ttlSeconds * 1_000,
    user: options.user,
  };
  const save: Save = { key, session, base, options };
  if (pending.isDestroyed(key)) throw conflict();
  unknown.exists(key);
  if (backing.save === undefined) return saveToCache(context, save);
  const isBehind =
    resolved.writePolicy === 'behind' && !pending.isFull(key) && (base === 'absent' || base.cached !== undefined);
  return isBehind ? saveBehind(context, save) : saveThrough(context, save);
}

/**
 * Write-behind: the cache does the compare-and-swap, and the database is written later. If the cache is out of reach,
 * the database is written at once.
 */
async function saveBehind(context: BackedContext, save: Save): Promise<StoredSession> {
  try {
    const saved = await saveToCache(context, save);
    await saveLater(context, save, false);
    return saved;
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    return saveThrough(context, save);
  }
}

/** Write-through: the database does the compare-and-swap; the cache, if the database is out of reach. */
async function saveThrough(context: BackedContext, save: Save): Promise<StoredSession> {
  const { key, session, base } = save;
  let outcome: BackingSaved | 'failed';
  try {
    outcome = await saveToDatabase(context, key, { ...session, replaces: base === 'absent' ? base : base.version });
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    // The queue is full, so the save would never reach the database: fail before anything is written.
    if (context.pending.isFull(key)) throw error;
    outcome = 'failed';
  }
  switch (outcome) {
    case 'saved':
      return followInCache(context, save);
    case 'newer':
    case 'destroyed':
      await mend(context, key);
      throw conflict();
    case 'missing':
    case 'failed': {
      // Not in the database, or the database is out of reach: the session exists if the cache has it.
      if (outcome === 'missing' && base !== 'absent' && base.cached === undefined) throw conflict();
      const saved = await saveToCache(context, save);
      await saveLater(context, save, outcome === 'failed');
      return saved;
    }
  }
}

/** The database has the save; writes it to the cache. */
async function followInCache(context: BackedContext, save: Save): Promise<StoredSession> {
  const { key, session, base } = save;
  const { staleMarks, breaker, backing, now } = context;
  let kept: Kept;
  try {
    const expect = base === 'absent' ? base : base.cached;
    kept = await keepInCache(context, key, session, {
      checkedAt: now(),
      expect,
      over: base === 'absent' ? -1 : base.version,
    });
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    await staleMarks.raise(key);
    return fromDatabase(context, session);
  }
  if (kept === 'destroyed') {
    // Another process destroyed the session while it could not reach the database, so destroy this save too.
    await breaker.run('destroy', async (signal) => backing.destroy?.(key, session.expiresAt, signal));
    throw conflict();
  }
  if (kept.isOurs) return kept.stored;
  await yieldTo(context, save, kept);
  throw conflict();
}

/**
 * The cache holds another request's acknowledged save that is not in the database, because its writer could not reach
 * the database. That save comes first: it is written to the database under a version above both. This save was not
 * acknowledged yet; the caller merges it with the other one and retries.
 */
async function yieldTo(
  context: BackedContext,
  { key, session }: Save,
  kept: Exclude<Kept, 'destroyed'>,
): Promise<void> {
  if (kept.version > session.version) return;
  const { now } = context;
  const { value } = openRecord(kept.cached);
  const theirs: DatabaseSession = {
    ...session,
    value,
    version: nextVersion(Math.max(session.version, kept.version), now()),
  };
  let outcome: BackingSaved;
  try {
    outcome = await saveToDatabase(context, key, { ...theirs, replaces: session.version });
  } catch (error) {
    // The database refuses the other request's data: this save is merged with it, and the result is saved.
    if (hasCode(error, 'SESS_BAD_DATA')) return;
    throw error;
  }
  if (outcome === 'saved') await keepInCache(context, key, theirs, { checkedAt: now(), expect: kept.cached });
}

/** A compare-and-swap in the cache alone. */
async function saveToCache(context: BackedContext, { key, session, base, options }: Save): Promise<StoredSession> {
  const { cache, now } = context;
  if (base !== 'absent' && base.cached === undefined) {
    // It was loaded from the database; another request may have cached it since.
    const kept = await keepInCache(context, key, session, { checkedAt: now(), over: base.version });
    if (kept === 'destroyed' || !kept.isOurs) throw conflict();
    return kept.stored;
  }
  const bytes = sealRecord({ value: session.value, version: session.version, checkedAt: now() });
  const cached = await cache.save(key, bytes, {
    ...options,
    expect: base === 'absent' ? base : (base.cached ?? 'absent'),
  });
  return fromCache({ value: Buffer.from(session.value), version: session.version }, cached);
}

/** The cache has the save: queues it for the database, or writes it now if the queue is full. */
async function saveLater(context: BackedContext, { key, session }: Save, failed: boolean): Promise<void> {
  const later: SessionToSave = { ...session, replaces: 'older' };
  if (context.pending.add(key, { kind: 'save', session: later, failed })) return;
  await saveToDatabase(context, key, later);
}

export async function saveToDatabase(
  context: BackedContext,
  key: string,
  session: SessionToSave,
): Promise<BackingSaved> {
  const { backing, breaker, pending, touches } = context;
  const outcome = await breaker.run('save', async (signal) => backing.save?.(key, session, signal));
  forgetLoad(context, key);
  if (outcome === undefined || outcome === 'saved') {
    touches.drop(key);
    pending.written(key, session.version);
  }
  return outcome ?? 'saved';
}

/**
 * Updates a cache that is behind the database, so that the caller's next load finds the save that it lost against.
 * Ignores outages.
 */
async function mend(context: BackedContext, key: string): Promise<void> {
  try {
    const askedAt = context.now();
    const row = await readDatabase(context, key);
    if (row === 'destroyed') await context.cache.destroy(key, TOMBSTONE_SECONDS, { tombstone: 'required' });
    else if (row !== undefined) await keepInCache(context, key, row, { checkedAt: askedAt });
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
  }
}

function conflict(): SessionError {
  return new SessionError('SESS_CONFLICT', 'the session is not the one that was expected, or was destroyed');
}
