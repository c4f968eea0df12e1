import { randomUUID } from 'node:crypto';
import type { SessionStore, StoredSession } from '@sess/session';
import { expect } from 'vitest';

/** A kind of session store, and what a run of it can show. */
export interface SessionStoreSubject {
  readonly name: string;
  readonly open: () => Promise<SessionStoreBench>;
  /** Whether the store tells the remaining time to live. */
  readonly tellsTtl: boolean;
  /** Whether the store lists the sessions of a user. Default: it does not. */
  readonly listsUsers?: boolean;
  /** Largest value in bytes; one byte more is refused. `undefined` where only memory limits it. */
  readonly maxBytes?: number;
}

/** One open store. */
export interface SessionStoreBench extends AsyncDisposable {
  readonly store: SessionStore;
  /** The same sessions, as another process sees them; the store itself where nobody else can. */
  readonly other: SessionStore;
  /**
   * Moves the clock by so many seconds, where it can be moved; otherwise does nothing, and the suite waits for what it
   * expects.
   */
  readonly passSeconds: (seconds: number) => void;
  /**
   * Takes the sessions out of reach, and gives back how to bring the store back; left out where nothing can come
   * between.
   */
  readonly outage?: () => Promise<() => Promise<void>>;
}

export const TTL: { readonly ttlSeconds: number } = { ttlSeconds: 60 };
export const VALUE: Buffer = Buffer.from('value');

/** A key of its own for every test: they share the store. */
export function newKey(): string {
  return `s/${randomUUID()}`;
}

export async function found(store: SessionStore, key: string): Promise<StoredSession> {
  const session = await store.load(key);
  if (session === undefined) throw new Error('no session where one was expected');
  return session;
}

export async function saved(
  store: SessionStore,
  value: Uint8Array = VALUE,
): Promise<{ key: string; session: StoredSession }> {
  const key = newKey();
  return { key, session: await store.save(key, value, { ...TTL, expect: 'absent' }) };
}

/** What a rejection must be that tells of a conflict. */
export const conflict: unknown = expect.objectContaining({ name: 'SessionError', code: 'SESS_CONFLICT' });
