import type { BackedContext } from './backed-context.ts';
import type { BackedSession } from './backing.ts';

/**
 * For how many seconds a session that the database knows to be destroyed is kept out of the cache: as long as saves
 * could be under way.
 */
export const BURY_SECONDS = 3_600;

/** A session as the database has it. */
export interface DatabaseSession {
  readonly value: Uint8Array;
  readonly version: number;
  readonly expiresAt: number;
  readonly user: string | undefined;
}

/**
 * What the database has under `key`, or is about to have from this process, expired or not. Requests for the same
 * session share one load.
 *
 * @throws {SessionError} `SESS_UNAVAILABLE`
 */
export async function readDatabase(
  context: BackedContext,
  key: string,
): Promise<DatabaseSession | 'destroyed' | undefined> {
  const { backing, gate, flights, pending } = context;
  if (pending.isDestroyed(key)) return 'destroyed';
  const found = await flights.run(loadName(key), () => gate.run('load', (signal) => backing.load(key, signal)));
  // What waits was saved by this process while the load was under way, or before.
  const write = pending.get(key);
  if (found === 'destroyed' || write?.kind === 'destroy') return 'destroyed';
  const row = found === undefined ? undefined : normal(found);
  if (write === undefined || (row !== undefined && row.version >= write.session.version)) return row;
  return normal(write.session);
}

/** What this process wrote makes a load that is under way out of date. */
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

/** Whole seconds that a session has left, at least 1. */
export function remainingSeconds({ now }: BackedContext, { expiresAt }: DatabaseSession): number {
  return Math.max(1, Math.ceil((expiresAt - now()) / 1_000));
}
