import { ItemStore, type ExternalStoreOptions } from '@sess/external-store';
import type { SecondaryStorage } from 'better-auth';
import { isSessionUnder } from './session-value.ts';

/** Exactly one of `servers` and a shared `client` is needed. `ttlSeconds` defaults to 604,800, seven days. */
export type SecondaryStorageOptions = ExternalStoreOptions;

/** As long as Better Auth's sessions live by default. It gives nearly everything a time to live of its own. */
const DEFAULT_TTL_SECONDS = 604_800;

/** What Better Auth asks of a secondary storage. Its methods need no `this`: Better Auth calls them without. */
export interface SessSecondaryStorage extends SecondaryStorage {
  get(this: void, key: string): Promise<string | null>;
  getAndDelete(this: void, key: string): Promise<string | null>;
  increment(this: void, key: string, ttlSeconds: number): Promise<number>;
  set(this: void, key: string, value: string, ttlSeconds?: number): Promise<void>;
  delete(this: void, key: string): Promise<void>;
  /** Resolves when the cluster can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. */
  ready(this: void): Promise<void>;
  /** Closes what `servers` opened; a `client` stays open. Twice does no harm. */
  close(this: void): Promise<void>;
}

/**
 * Keeps what Better Auth puts into its secondary storage (sessions, verification values, rate limits) in a memcached
 * cluster whose nodes come and go: `betterAuth({ secondaryStorage: secondaryStorage({ servers }) })`.
 *
 * A session that was deleted stays deleted: a request that is late and would store it again stores nothing.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`; the methods reject with other codes of it.
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
 * Better Auth looks with every session whether all sessions of the user were revoked, which is mostly never so. A miss
 * that no node in reach can vouch for would refuse every request of the user while one of two copies is down.
 */
function isUsuallyAbsent(key: string): boolean {
  return key.startsWith('revoked-sessions-before-');
}
