import { hasCode, type SessionError } from '../../errors.ts';
import type { StoreRequestOptions } from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';
import type { BackingDestroyed } from './backing.ts';
import { forgetLoad } from './read-database.ts';

/**
 * Destroys a session: first in the database, so that no load brings it back, then in the cache.
 *
 * If the database is out of reach, the tombstone in the cache keeps the session dead until the database is updated. If
 * the cache is out of reach, the database marks the session as destroyed and the cached copy as stale. If the backing
 * can't share stale marks with other processes, the destruction is not acknowledged.
 *
 * @throws {SessionError} `SESS_UNAVAILABLE`: the session may still live; the side that failed is retried.
 *   `SESS_BAD_DATA`: the database refuses to end it, so it is dead only as long as its tombstone in the cache.
 */
export async function destroyBacked(
  context: BackedContext,
  key: string,
  ttlSeconds: number,
  options?: StoreRequestOptions,
): Promise<boolean> {
  const { cache, pending, now, staleMarks } = context;
  const until = now() + ttlSeconds * 1_000;
  const inDatabase = await destroyInDatabase(context, key, until);
  let inCache: boolean;
  try {
    inCache = await cache.destroy(key, ttlSeconds, { ...options, tombstone: 'required' });
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    // The tombstone is delivered when the cache is back.
    const told = pending.add(key, { kind: 'destroy', until, failed: true });
    if (typeof inDatabase !== 'string' || !staleMarks.shared || !told) throw error;
    await staleMarks.raise(key);
    return inDatabase === 'destroyed';
  }
  if (inDatabase === 'destroyed' || inDatabase === 'already') {
    return context.resolved.writePolicy === 'through' ? inDatabase === 'destroyed' : inCache;
  }
  if (typeof inDatabase === 'object' && !pending.isDestroyed(key)) throw inDatabase;
  return inCache;
}

/** Carries out a queued destruction, in the database and in the cache. */
export async function destroyLater(context: BackedContext, key: string, until: number): Promise<void> {
  const { cache, backing, breaker, now } = context;
  let refusal: SessionError | undefined;
  try {
    if (backing.destroy !== undefined)
      await breaker.run('destroy', async (signal) => backing.destroy?.(key, until, signal));
  } catch (error) {
    if (!hasCode(error, 'SESS_BAD_DATA')) throw error;
    refusal = error;
  }
  const seconds = Math.ceil((until - now()) / 1_000);
  if (seconds > 0) await cache.destroy(key, seconds, { tombstone: 'required' });
  if (refusal !== undefined) throw refusal;
}

/**
 * `undefined`: the backing has no `destroy`, or returns nothing. An error: it refuses, or it is out of reach and the
 * destruction is queued.
 */
async function destroyInDatabase(
  context: BackedContext,
  key: string,
  until: number,
): Promise<BackingDestroyed | SessionError | undefined> {
  const { backing, breaker, pending, touches } = context;
  touches.drop(key);
  if (backing.destroy === undefined) {
    pending.written(key, Infinity);
    return undefined;
  }
  try {
    const outcome = await breaker.run('destroy', async (signal) => backing.destroy?.(key, until, signal));
    forgetLoad(context, key);
    pending.written(key, Infinity);
    if (typeof outcome === 'boolean') return outcome ? 'destroyed' : 'unknown';
    return outcome ?? undefined;
  } catch (error) {
    if (hasCode(error, 'SESS_BAD_DATA')) {
      // A pending save must not revive it.
      pending.written(key, Infinity);
      return error;
    }
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    pending.add(key, { kind: 'destroy', until, failed: true });
    return error;
  }
}
