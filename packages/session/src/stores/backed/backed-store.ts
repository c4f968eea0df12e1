import { SessionError } from '../../errors.ts';
import { OF_CACHE, OF_DATABASE, OutageLog, resolveLog, type SessionsLog } from '../../lifecycle/outage-log.ts';
import { badOption } from '../../options/option-checks.ts';
import type {
  SaveOptions,
  SessionStore,
  StoredSession,
  StoreRequestOptions,
  StoreState,
  UserSession,
} from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { resolveBacking, type BackingLimits, type ResolvedBacking, type WritePolicy } from './backing-options.ts';
import type { Backing } from './backing.ts';
import { StaleMarks } from './stale-marks.ts';
import { destroyBacked, destroyLater } from './destroy-backed.ts';
import { loadBacked } from './load-backed.ts';
import { PendingWrites } from './pending-writes.ts';
import { saveBacked, saveToDatabase } from './save-backed.ts';
import { SingleFlight } from './single-flight.ts';
import { TouchBatch } from './touch-batch.ts';
import { touchBacked } from './touch-backed.ts';
import { NegativeCache } from './negative-cache.ts';
import { watchedStore } from '../watched-store.ts';

/** Options of {@link backedStore}: those of `createSessions` with the same names. */
export interface BackedStoreOptions {
  readonly backing: Backing;
  readonly writePolicy?: WritePolicy | undefined;
  readonly backingLimits?: BackingLimits | undefined;
  /**
   * Logs outages of the cache or the database: one line when it begins and one when it is over. Default: the process's
   * `warning` event.
   */
  readonly log?: SessionsLog | undefined;
  /** The time in milliseconds since 1970, for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * A store that also keeps its sessions in a database: it reads `cache` first, and loads from the database what the
 * cache lost. `createSessions({ backing })` makes one itself. `close` writes what is pending and closes the backing;
 * `cache` stays open.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function backedStore(cache: SessionStore, options: BackedStoreOptions): SessionStore {
  const resolved = resolveBacking(options);
  if (resolved === undefined)
    throw badOption('backing', undefined, 'a backing, such as postgresBacking(...) of @sess/postgres-backing');
  return openBackedStore(cache, resolved, { now: options.now ?? Date.now, log: resolveLog(options.log) }, false);
}

/** Like {@link backedStore}, with checked options; `close` also closes `cache` if `ownsCache`. */
export function openBackedStore(
  cache: SessionStore,
  resolved: ResolvedBacking,
  around: Surroundings,
  ownsCache: boolean,
): SessionStore {
  return new BackedStore(cache, resolved, around, ownsCache);
}

interface Surroundings {
  readonly now: () => number;
  readonly log: SessionsLog;
}

class BackedStore implements SessionStore {
  readonly name: string;
  /** Only if the backing or the cache has it. */
  readonly ofUser?: (user: string) => Promise<readonly UserSession[]>;
  readonly #context: BackedContext;
  readonly #ownsCache: boolean;
  #closing: Promise<void> | undefined;

  constructor(cache: SessionStore, resolved: ResolvedBacking, around: Surroundings, ownsCache: boolean) {
    this.#context = backedContext(cache, resolved, around);
    this.#ownsCache = ownsCache;
    this.name = `${cache.name}+${resolved.backing.name ?? 'database'}`;
    const { backing, breaker } = this.#context;
    if (backing.ofUser !== undefined)
      this.ofUser = (user) => breaker.run('list', async (signal) => (await backing.ofUser?.(user, signal)) ?? []);
    else if (cache.ofUser !== undefined) this.ofUser = (user) => cache.ofUser?.(user) ?? Promise.resolve([]);
  }

  /** Ready once the cache and the database are. */
  async ready(): Promise<void> {
    const { cache, backing, breaker } = this.#context;
    await Promise.all([cache.ready?.(), breaker.run('load', async () => backing.ready?.())]);
  }

  /**
   * One of cache and database is enough, because each serves while the other is out of reach. A cache that is still
   * starting keeps the store starting.
   */
  get state(): StoreState {
    const { cache, breaker } = this.#context;
    const state = cache.state ?? 'ready';
    return state === 'unavailable' && !breaker.isResting ? 'ready' : state;
  }

  load(key: string, options?: StoreRequestOptions): Promise<StoredSession | undefined> {
    return this.#admit(options, () => loadBacked(this.#context, key, options));
  }

  save(key: string, value: Uint8Array, options: SaveOptions): Promise<StoredSession> {
    return this.#admit(options, () => saveBacked(this.#context, key, value, options));
  }

  touch(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean> {
    return this.#admit(options, () => touchBacked(this.#context, key, ttlSeconds, options));
  }

  destroy(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean> {
    return this.#admit(options, () => destroyBacked(this.#context, key, ttlSeconds, options));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { cache, backing, pending, touches, resolved } = this.#context;
    await touches.close();
    const lost = await pending.close(resolved.limits.closeTimeoutMs);
    await backing.close?.();
    if (this.#ownsCache) await cache.close();
    if (lost > 0) {
      const which = lost === 1 ? '1 session' : `${lost} sessions`;
      throw new SessionError(
        'SESS_UNAVAILABLE',
        `the last state of ${which} could not be written to the database before the sessions were closed`,
      );
    }
  }

  /** Rejects as soon as the signal fires; work that is shared with other requests continues. */
  async #admit<T>(options: StoreRequestOptions | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new SessionError('SESS_CLOSED', 'the sessions were closed');
    const signal = options?.signal;
    if (signal === undefined) return work();
    if (signal.aborted) throw aborted(signal);
    let stop: (() => void) | undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(aborted(signal));
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([work(), stopped]);
    } finally {
      if (stop !== undefined) signal.removeEventListener('abort', stop);
    }
  }
}

function aborted(signal: AbortSignal): SessionError {
  return new SessionError('SESS_ABORTED', 'the request was aborted', { cause: signal.reason });
}

function backedContext(given: SessionStore, resolved: ResolvedBacking, { now, log }: Surroundings): BackedContext {
  const { backing, limits } = resolved;
  const cache = watchedStore(given, new OutageLog(log, now, OF_CACHE));
  const breaker = new CircuitBreaker(resolved, now, new OutageLog(log, now, OF_DATABASE));
  const context: BackedContext = {
    cache,
    backing,
    resolved,
    now,
    breaker,
    staleMarks: new StaleMarks(cache, backing, breaker, now),
    unknown: new NegativeCache(limits.unknownSeconds, now),
    flights: new SingleFlight(),
    touches: new TouchBatch(
      backing.touch === undefined
        ? undefined
        : (touches) => breaker.run('touch', async (signal) => backing.touch?.(touches, signal)),
    ),
    pending: new PendingWrites({
      name: backing.name ?? 'database',
      most: limits.pendingWrites,
      now,
      write: async (id, write) => {
        if (write.kind === 'save') await saveToDatabase(context, id, write.session);
        else await destroyLater(context, id, write.until);
      },
    }),
  };
  return context;
}
