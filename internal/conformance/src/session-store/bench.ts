import { randomUUID } from 'node:crypto';
import type { SessionStore, StoredSession } from '@sess/session';
import { expect } from 'vitest';

/** A kind of session store, and what the suite can test on it. */
export interface SessionStoreSubject {
  readonly name: string;
  readonly open: () => Promise<SessionStoreBench>;
  /** Whether the store reports the remaining time to live. */
  readonly tellsTtl: boolean;
  /** Whether the store lists the sessions of a user. Default `false`. */
  readonly listsUsers?: boolean;
  /** Largest value in bytes; one byte more is refused. `undefined` if only memory limits it. */
  readonly maxBytes?: number;
}

/** One open store. */
export interface SessionStoreBench extends AsyncDisposable {
  readonly store: SessionStore;
  /** The same sessions as another process sees them; `store` itself if no other process can. */
  readonly other: SessionStore;
  /** Advances the clock by `seconds` if possible; otherwise does nothing, and the suite waits. */
  readonly passSeconds: (seconds: number) => void;
  /** Makes the sessions unreachable, and returns a function that restores them; absent if that is impossible. */
  readonly outage?: () => Promise<() => Promise<void>>;
}

export const TTL: { readonly ttlSeconds: number } = { ttlSeconds: 60 };
export const VALUE: Buffer = Buffer.from('value');

/** A new key: tests share the store, so each uses keys of its own. */
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

/** Matches the error of a conflict. */
export const conflict: unknown = expect.objectContaining({ name: 'SessionError', code: 'SESS_CONFLICT' });
