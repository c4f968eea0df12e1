import { ExternalStore, secondsOf, type ExternalStoreOptions, type Held } from '@sess/external-store';

/**
 * What koa-session says of a request, beside key and session. Every field may be missing: other middlewares for Koa
 * leave them out.
 */
export interface StoreContext {
  /** The request: what `get` returned for it is what its `set` is based on. */
  readonly ctx?: unknown;
  readonly rolling?: boolean | undefined;
  readonly changed?: boolean | undefined;
}

/** What koa-session asks of its option `store`. */
export interface KoaSessionStore {
  get(key: string, maxAge?: number | 'session', options?: StoreContext): Promise<Record<string, unknown> | undefined>;
  set(key: string, session: object, maxAge?: number | 'session', options?: StoreContext): Promise<void>;
  destroy(key: string, options?: StoreContext): Promise<void>;
}

/** The key that a request asked for or stored something under, and what it knows of the session there. */
interface Known {
  readonly key: string;
  readonly held: Held | undefined;
}

/**
 * Keeps koa-session's sessions in a memcached cluster whose nodes come and go:
 * `session({ store: new SessStore({ client }) }, app)`.
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
   * The session, or `undefined` when there is none. An outage rejects. `maxAge` is not needed: expiry is up to `set`.
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
   * Stores the session for `maxAge` milliseconds; for `ttlSeconds` where that is `'session'` or missing. Never brings
   * back what was destroyed.
   */
  async set(key: string, session: object, maxAge?: number | 'session', options?: StoreContext): Promise<void> {
    const ttlSeconds = secondsOf(maxAge) ?? this.#store.ttlSeconds;
    if (ttlSeconds === 0) return this.destroy(key, options);
    const base = this.#baseOf(key, options);
    if (base === 'new') this.#remember(options, { key, held: undefined });
    const held = await this.#store.save(key, { session, ttlSeconds, base });
    if (held !== undefined) this.#remember(options, { key, held });
  }

  /** Destroys the session: no request that is on its way can bring it back. */
  async destroy(key: string, options?: StoreContext): Promise<void> {
    const request = requestOf(options);
    // A login gives a visitor without a session an id, and then another one: there is nothing under the first.
    if (request !== undefined && this.#known.get(request)?.key !== key) return;
    await this.#store.destroy(key);
  }

  /**
   * A new random id, for the option `genid`: on nodes that are in reach, so that people can log in while a node is
   * down.
   */
  readonly newId = (): string => this.#store.newId();

  /** Resolves when the cluster can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. */
  ready(): Promise<void> {
    return this.#store.ready();
  }

  /** Closes what `servers` opened; a `client` stays open. Twice does no harm. */
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
