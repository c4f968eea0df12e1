import { ExternalStore, type ExternalStoreOptions, type Held, type SaveBase } from '@sess/external-store';
import session from 'express-session';
import { callBack, type Callback } from './call-back.ts';
import { secondsOfCookie, type SessionCookie } from './cookie-expiry.ts';
import { OutageSignal } from './outage-signal.ts';

export interface SessStoreOptions extends ExternalStoreOptions {
  /**
   * What express-session does while no node of the cluster is in reach. `'error'` (default): each request that has a
   * session fails with `SESS_UNAVAILABLE`. `'no-session'`: requests go on without `req.session`, which the application
   * must be ready for.
   */
  readonly onOutage?: 'error' | 'no-session' | undefined;
}

/** A session as the libraries hand it over. */
interface SessionLike {
  readonly cookie: SessionCookie;
}

/**
 * Keeps the sessions of express-session, or of @fastify/session, in a memcached cluster whose nodes come and go:
 * `store: new SessStore({ client })`.
 *
 * @throws {StoreError} (from the constructor) `SESS_BAD_OPTION`
 */
export class SessStore extends session.Store {
  readonly #store: ExternalStore;
  readonly #outages: OutageSignal | undefined;
  /** By session: as `get` returned it, or as a request has it. What its next save is based on. */
  readonly #held = new WeakMap<object, Held>();
  /** Sessions that were begun in this process and that a save was started for, whatever became of it. */
  readonly #begun = new WeakSet<object>();

  constructor(options: SessStoreOptions) {
    super();
    const { onOutage, ...rest } = options ?? {};
    this.#store = new ExternalStore(rest, 'x/');
    this.#outages = OutageSignal.for(onOutage, this.#store.client, this);
  }

  /** The session, or nothing when there is none. An outage is an error. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each library, and each application, has a type of session of its own
  override get<Session>(id: string, callback: (error: unknown, session?: Session | null) => void): void {
    callBack(this.#get(id), callback as Callback<object | null>);
  }

  /**
   * Stores the session until its cookie ends; for `ttlSeconds` where it ends with the browser. Never brings back what
   * was destroyed.
   */
  override set(id: string, given: SessionLike, callback?: (error?: unknown) => void): void {
    this.#tell(this.#set(id, given), callback);
  }

  /** Moves the expiry to where the session's cookie says; never rewrites. */
  override touch(id: string, given: SessionLike, callback?: (error?: unknown) => void): void {
    this.#tell(this.#touch(id, given), callback);
  }

  /** Destroys the session: no request that is on its way can bring it back. */
  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#tell(this.#store.destroy(id), callback);
  }

  /** Called by express-session for another id. A session that was never stored has nothing to destroy. */
  override regenerate(...[request, callback]: Parameters<session.Store['regenerate']>): void {
    const given: object | undefined = request.session;
    if (given === undefined || this.#baseOf(given) !== 'new' || this.#begun.has(given))
      return super.regenerate(request, callback);
    request.sessionStore.generate(request);
    process.nextTick(callback);
  }

  /** Called by express-session with what `get` returned. */
  override createSession(
    ...[request, stored]: Parameters<session.Store['createSession']>
  ): ReturnType<session.Store['createSession']> {
    const created = super.createSession(request, stored);
    const held = this.#held.get(stored);
    if (held !== undefined) this.#held.set(created, held);
    return created;
  }

  /**
   * A new random id, for the option `genid` of express-session, `idGenerator` of @fastify/session: on nodes that are in
   * reach, so that people can log in while a node is down.
   */
  readonly newId = (): string => this.#store.newId();

  /** Resolves when the cluster can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. */
  ready(): Promise<void> {
    return this.#store.ready();
  }

  /** Closes what `servers` opened; a `client` stays open. Twice does no harm. */
  async close(): Promise<void> {
    this.#outages?.stop();
    await this.#store.close();
  }

  async #get(id: string): Promise<object | null> {
    const held = await this.#store.load(id);
    const stored = held?.document;
    if (held === undefined || stored === undefined || !hasCookie(stored)) return null;
    // A touch moves the expiry without rewriting what is stored, so the cluster knows it better.
    const { cookie } = stored;
    if (typeof cookie.expires === 'string' && Number.isFinite(held.ttlSeconds)) {
      cookie.expires = new Date(Date.now() + (held.ttlSeconds ?? 0) * 1000).toISOString();
    }
    this.#held.set(stored, held);
    return stored;
  }

  async #set(id: string, given: SessionLike): Promise<void> {
    const ttlSeconds = this.#secondsOf(given);
    if (ttlSeconds === 0) return void (await this.#store.destroy(id));
    const base = this.#baseOf(given);
    if (base === 'new') this.#begun.add(given);
    const held = await this.#store.save(id, {
      session: withPlainCookie(given),
      ttlSeconds,
      base,
      ownKeys: ['cookie'],
      unchanged: isUnchanged(given),
    });
    if (held !== undefined && base !== 'unknown') this.#held.set(given, held);
  }

  async #touch(id: string, given: SessionLike): Promise<void> {
    const ttlSeconds = this.#secondsOf(given);
    await (ttlSeconds === 0 ? this.#store.destroy(id) : this.#store.touch(id, ttlSeconds, withPlainCookie(given)));
  }

  #secondsOf(given: SessionLike): number {
    return (hasCookie(given) ? secondsOfCookie(given.cookie) : undefined) ?? this.#store.ttlSeconds;
  }

  /**
   * express-session makes its sessions here, or anew. @fastify/session makes them by itself, so that nothing is known
   * of them.
   */
  #baseOf(given: object): SaveBase {
    return this.#held.get(given) ?? (given instanceof session.Session ? 'new' : 'unknown');
  }

  #tell(outcome: Promise<unknown>, callback: ((error?: unknown) => void) | undefined): void {
    callBack(
      outcome.then(() => undefined),
      callback ??
        ((error) => {
          // Without a callback a failure is emitted, but only if someone listens: an `error` event without a listener
          // ends the process.
          if (error && this.listenerCount('error') > 0) this.emit('error', error);
        }),
    );
  }
}

/**
 * The cookie is the library's own: an invalid date in it is for the library to complain of, when it sets the cookie.
 */
function withPlainCookie(given: SessionLike): SessionLike {
  if (!hasCookie(given) || 'toJSON' in given) return given;
  return { ...given, cookie: JSON.parse(JSON.stringify(given.cookie)) as SessionCookie };
}

function hasCookie(stored: object): stored is { cookie: SessionCookie } {
  return 'cookie' in stored && typeof stored.cookie === 'object' && stored.cookie !== null;
}

/** @fastify/session tells whether a request changed its session; express-session does not, and does not need to. */
function isUnchanged(given: object): boolean {
  return 'isModified' in given && typeof given.isModified === 'function' && given.isModified() === false;
}
