import type { BackedContext } from './backed-context.ts';
import type { BackedSession } from './backing.ts';

/**
 * Seconds for which a tombstone in the cache blocks a session that is marked as destroyed in the database: as long as
 * saves may be in flight.
 */
export const TOMBSTONE_SECONDS = 3_600;

/** A session as stored in the database. */
export interface DatabaseSession {
  readonly value: Uint8Array;
  readonly version: number;
  readonly expiresAt: number;
  readonly user: string | undefined;
}

/**
 * The session under `key` in the database or in this process's pending writes, live or expired. Requests for the same
 * session share one load.
 *
 * @throws {SessionError} `SESS_UNAVAILABLE`
 */
export async function readDatabase(
  context: BackedContext,
  key: string,
): Promise<DatabaseSession | 'destroyed' | undefined> {
  const { backing, breaker, flights, pending } = context;
  if (pending.isDestroyed(key)) return 'destroyed';
  const found = await flights.run(loadName(key), () => breaker.run('load', (signal) => backing.load(key, signal)));
  // This process may have queued a write before or during the load.
  const write = pending.get(key);
  if (found === 'destroyed' || write?.kind === 'destroy') return 'destroyed';
  const row = found === undefined ? undefined : normal(found);
  if (write === undefined || (row !== undefined && row.version >= write.session.version)) return row;
  return normal(write.session);
}

/** Makes later reads ignore a load in flight: this process wrote, so the result of that load is out of date. */
export function forgetLoad({ flights }: BackedContext, key: string): void {
  flights.forget(loadName(key));
}

function loadName(key: string): string {
  return `load ${key}`;
}

function normal({ value, version = 0, expiresAt, user }: BackedSession): DatabaseSession {
  return { value, version, expiresAt, user };
}

export function isLive({ now }: BackedContext, { expiresAt }: DatabaseSession): boolean {
  return expiresAt > now();
}

/** Remaining whole seconds of a session, at least 1. */
export function remainingSeconds({ now }: BackedContext, { expiresAt }: DatabaseSession): number {
  return Math.max(1, Math.ceil((expiresAt - now()) / 1_000));
}
