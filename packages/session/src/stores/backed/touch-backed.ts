import { hasCode } from '../../errors.ts';
import type { StoreRequestOptions } from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';
import { loadMissed } from './load-backed.ts';
import { isLive, readDatabase } from './read-database.ts';

/**
 * Moves the expiry in the cache; the next batch, within about a second, moves it in the database. A record that the
 * cache lost is loaded first.
 */
export async function touchBacked(
  context: BackedContext,
  key: string,
  ttlSeconds: number,
  options?: StoreRequestOptions,
): Promise<boolean> {
  const { cache, pending, touches, now } = context;
  if (pending.isDestroyed(key)) return false;
  const expiresAt = now() + ttlSeconds * 1_000;
  let alive: boolean;
  try {
    alive =
      (await cache.touch(key, ttlSeconds, options)) ||
      ((await loadMissed(context, key)) !== undefined && (await cache.touch(key, ttlSeconds, options)));
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    const row = await readDatabase(context, key);
    alive = row !== undefined && row !== 'destroyed' && isLive(context, row);
  }
  if (alive) touches.add(key, expiresAt);
  return alive;
}
