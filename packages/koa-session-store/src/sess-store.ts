import { ExternalStore, secondsOf, type ExternalStoreOptions, type Held } from '@sess/external-store';

/**
 * What koa-session passes about a request, besides key and session. Every field may be missing: other middleware for
 * Koa leaves them out.
 */
export interface StoreContext {
  /** The request: what its `get` returned is the base of its `set`. */
  readonly ctx?: unknown;
  readonly rolling?: boolean | undefined;
  readonly changed?: boolean | undefined;
}

/** The interface of koa-session's option `store`. */
export interface KoaSessionStore {
  get(key: string, maxAge?: number | 'session', options?: StoreContext): Promise<Record<string, unknown> | undefined>;
  set(key: string, session: object, maxAge?: number | 'session', options?: StoreContext): Promise<void>;
  destroy(key: string, options?: StoreContext): Promise<void>;
}

/** The key that a request read or stored, and the session there as it saw it. */
interface Known {
  readonly key: string;
  readonly held: Held | undefined;
}

/**
 * Keeps koa-session's sessions in a memcached cluster whose nodes come and go: `session({ store: new SessStore({ client
 * }) }, app)`.
 *
 * @throws {StoreError} (from the constructor) `SESS_BAD_OPTION`
 */
export class SessStore implements KoaSessionStore {
  readonly #store: ExternalStore;
  /** By request. A request has one session at a time. */
  readonly #known = new WeakMap<object, Known>();

  constructor(options: ExternalStoreOptions) {
    this.#store = new ExternalStore(options, 'k/');
  }

  /**
   * The session; `undefined` if there is none. Rejects in an outage. Ignores `maxAge`, because `set` decides the
   * expiry.
   */
  async get(
    key: string,
    _maxAge?: number | 'session',
    options?: StoreContext,
  ): Promise<Record<string, unknown> | undefined> {
    const held = await this.#store.load(key);
    this.#remember(options, { key, held });
    return held?.document;
  }

  /**
   * Stores the session for `maxAge` milliseconds; for `ttlSeconds` if that is `'session'` or missing. Never revives a
   * destroyed session.
   */
  async set(key: string, session: object, maxAge?: number | 'session', options?: StoreContext): Promise<void> {
    const ttlSeconds = secondsOf(maxAge) ?? this.#store.ttlSeconds;
    if (ttlSeconds === 0) return this.destroy(key, options);
    const base = this.#baseOf(key, options);
    if (base === 'new') this.#remember(options, { key, held: undefined });
    const held = await this.#store.save(key, { session, ttlSeconds, base });
    if (held !== undefined) this.#remember(options, { key, held });
  }

  /** Destroys the session: no request in flight can revive it. */
  async destroy(key: string, options?: StoreContext): Promise<void> {
    const request = requestOf(options);
    // A login of a visitor without a session makes one id and then another; nothing is stored under the first.
    if (request !== undefined && this.#known.get(request)?.key !== key) return;
    await this.#store.destroy(key);
  }

  /**
   * A new random id, for the option `genid`. It is on nodes in reach where possible, so that people can log in while a
   * node is down.
   */
  readonly newId = (): string => this.#store.newId();

  /** Resolves once the cluster answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. */
  ready(): Promise<void> {
    return this.#store.ready();
  }

  /** Closes the client that `servers` opened; a `client` that was passed in stays open. Idempotent. */
  close(): Promise<void> {
    return this.#store.close();
  }

  #baseOf(key: string, options: StoreContext | undefined): Held | 'new' | 'unknown' {
    const request = requestOf(options);
    if (request === undefined) return 'unknown';
    const known = this.#known.get(request);
    return known?.key === key && known.held !== undefined ? known.held : 'new';
  }

  #remember(options: StoreContext | undefined, known: Known): void {
    const request = requestOf(options);
    if (request !== undefined) this.#known.set(request, known);
  }
}

function requestOf(options: StoreContext | undefined): object | undefined {
  const ctx = options?.ctx;
  return typeof ctx === 'object' && ctx !== null ? ctx : undefined;
}
