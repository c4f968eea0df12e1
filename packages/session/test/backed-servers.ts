import { backedStore } from '../src/stores/backed/backed-store.ts';
import type { Backing } from '../src/stores/backed/backing.ts';
import type { BackingLimits, WritePolicy } from '../src/stores/backed/backing-options.ts';
import { memoryBacking, type MemoryBacking } from '../src/stores/backed/memory-backing.ts';
import { SessionError } from '../src/errors.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import type { SessionStore, StoredSession } from '../src/stores/session-store.ts';

/**
 * Application servers with one cache and one database. A test can cut a server off from either, and moves the clock.
 */
export interface World {
  /** The cache that all servers share. */
  readonly cache: SessionStore;
  readonly database: MemoryBacking;
  /** How many requests of each kind the database got. */
  readonly asked: Record<'load' | 'save' | 'destroy' | 'touch', number>;
  readonly now: () => number;
  readonly passSeconds: (seconds: number) => void;
  /** Replaces the cache's node by an empty one. */
  readonly loseCache: () => void;
  readonly server: (options?: ServerOptions) => Server;
}

interface ServerOptions {
  readonly writePolicy?: WritePolicy;
  readonly limits?: BackingLimits;
  /** Returns a backing that lacks some of the methods. Default: a backing with all of them. */
  readonly backing?: (whole: Backing) => Backing;
}

/** One process. */
export interface Server {
  readonly store: SessionStore;
  cacheDown: boolean;
  databaseDown: boolean;
  /** Runs after the database got a request, before it answers. */
  beforeAnswer: ((operation: string) => Promise<void> | void) | undefined;
}

export function world(): World {
  let time = Date.UTC(2026, 0, 1);
  const now = (): number => time;
  let node = memoryStore({ now });
  const cache: SessionStore = {
    name: 'memory',
    load: (key, options) => node.load(key, options),
    save: (key, value, options) => node.save(key, value, options),
    touch: (key, ttlSeconds, options) => node.touch(key, ttlSeconds, options),
    destroy: (key, ttlSeconds, options) => node.destroy(key, ttlSeconds, options),
    close: () => node.close(),
  };
  const database = memoryBacking({ now });
  const asked = { load: 0, save: 0, destroy: 0, touch: 0 };
  return {
    cache,
    database,
    asked,
    now,
    passSeconds: (seconds) => void (time += seconds * 1_000),
    loseCache: () => void (node = memoryStore({ now })),
    server({ writePolicy, limits, backing = (whole: Backing): Backing => whole } = {}) {
      const server: { -readonly [Name in keyof Server]: Server[Name] } = {
        store: cache,
        cacheDown: false,
        databaseDown: false,
        beforeAnswer: undefined,
      };
      const through = faulty(cache, () => {
        if (server.cacheDown) throw new SessionError('SESS_UNAVAILABLE', 'the node is out of reach');
      });
      const counted = faulty(database, async (operation) => {
        if (operation in asked) asked[operation as keyof typeof asked] += 1;
        if (server.databaseDown) throw new Error('the database is out of reach');
        await server.beforeAnswer?.(operation);
      });
      const backingLimits = { timeoutMs: 200, ...limits };
      server.store = backedStore(through, {
        backing: backing(counted),
        writePolicy,
        backingLimits,
        log: () => {},
        now,
      });
      return server;
    },
  };
}

/** Wraps `target`: each method except `close` first calls `enter`, which may throw. */
export function faulty<T extends object>(target: T, enter: (operation: string) => Promise<void> | void): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || typeof name !== 'string' || name === 'close') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        await enter(name);
        return Reflect.apply(member, target, given) as unknown;
      };
    },
  });
}

export const KEY = 's/a-session';
export const TTL = { ttlSeconds: 600 };

export async function begin({ store }: Pick<Server, 'store'>, value: string, key = KEY): Promise<StoredSession> {
  return store.save(key, Buffer.from(value), { ...TTL, expect: 'absent' });
}

export async function change(
  { store }: Pick<Server, 'store'>,
  value: string,
  expect: StoredSession,
  key = KEY,
): Promise<StoredSession> {
  return store.save(key, Buffer.from(value), { ...TTL, expect });
}

export async function found({ store }: Pick<Server, 'store'>, key = KEY): Promise<StoredSession> {
  const session = await store.load(key);
  if (session === undefined) throw new Error('no session where one was expected');
  return session;
}

export async function text({ store }: Pick<Server, 'store'>, key = KEY): Promise<string | undefined> {
  const session = await store.load(key);
  return session === undefined ? undefined : Buffer.from(session.value).toString();
}
