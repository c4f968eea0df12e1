import { ItemStore, type ExternalStoreOptions } from '@sess/external-store';
import type { SecondaryStorage } from 'better-auth';
import { isSessionUnder } from './session-value.ts';

/** Exactly one of `servers` and a shared `client` is needed. `ttlSeconds` defaults to 604,800, seven days. */
export type SecondaryStorageOptions = ExternalStoreOptions;

/** Better Auth's own default for sessions. It passes a time to live with nearly every value. */
const DEFAULT_TTL_SECONDS = 604_800;

/**
 * The interface that Better Auth requires of a secondary storage. Its methods need no `this`, because Better Auth calls
 * them without it.
 */
export interface SessSecondaryStorage extends SecondaryStorage {
  get(this: void, key: string): Promise<string | null>;
  getAndDelete(this: void, key: string): Promise<string | null>;
  increment(this: void, key: string, ttlSeconds: number): Promise<number>;
  set(this: void, key: string, value: string, ttlSeconds?: number): Promise<void>;
  delete(this: void, key: string): Promise<void>;
  /** Resolves once the cluster answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. */
  ready(this: void): Promise<void>;
  /** Closes the client that `servers` opened; a `client` that was passed in stays open. Idempotent. */
  close(this: void): Promise<void>;
}

/**
 * Keeps what Better Auth puts into its secondary storage (sessions, verification values, rate limits) in a memcached
 * cluster whose nodes come and go: `betterAuth({ secondaryStorage: secondaryStorage({ servers }) })`.
 *
 * A deleted session stays deleted: a late request that would store it again stores nothing.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`; the methods reject with its other codes.
 */
export function secondaryStorage(options: SecondaryStorageOptions): SessSecondaryStorage {
  const items = new ItemStore(options, { keyPrefix: 'ba/', ttlSeconds: DEFAULT_TTL_SECONDS });
  return {
    get: async (key) => (await items.get(key, { expectsNone: isUsuallyAbsent(key) }))?.text ?? null,
    getAndDelete: async (key) => (await items.take(key)) ?? null,
    increment: (key, ttlSeconds) => items.increment(key, ttlSeconds),
    set: async (key, value, ttlSeconds) => {
      await items.set(key, value, { ttlSeconds, unique: isSessionUnder(key, value) });
    },
    delete: async (key) => {
      await items.remove(key);
    },
    ready: () => items.ready(),
    close: () => items.close(),
  };
}

/**
 * With every session, Better Auth reads whether all sessions of the user were revoked; usually they never were. Without
 * a stored mark, that read would reject while one of two copies is down, and every request of the user would fail.
 */
function isUsuallyAbsent(key: string): boolean {
  return key.startsWith('revoked-sessions-before-');
}
