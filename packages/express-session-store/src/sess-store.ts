import {
  ExternalStore,
  storeOptions,
  wordOption,
  type ExternalStoreOptions,
  type Held,
  type SaveBase,
} from '@sess/external-store';
import session from 'express-session';
import { callBack, type Callback } from './call-back.ts';
import { secondsOfCookie, type SessionCookie } from './cookie-expiry.ts';
import { OutageSignal } from './outage-signal.ts';

export interface SessStoreOptions extends ExternalStoreOptions {
  /**
   * How express-session handles requests while every node of the cluster is down. `'error'` (default): each request
   * with a session fails with `SESS_UNAVAILABLE`. `'no-session'`: requests continue without `req.session`, and the
   * application must handle that.
   */
  readonly onOutage?: 'error' | 'no-session' | undefined;
}

/** A session as the libraries pass it. */
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
  /** The base of a session's next save, by the object that `get` returned or that a request holds. */
  readonly #held = new WeakMap<object, Held>();
  /** Sessions that began in this process and for which a save was started, whatever its outcome. */
  readonly #begun = new WeakSet<object>();

  constructor(options: SessStoreOptions) {
    super();
    const { onOutage = 'error', ...rest } = storeOptions(options ?? {});
    // Before a client is opened, which nobody would close.
    const policy = wordOption('onOutage', onOutage, ['error', 'no-session']);
    this.#store = new ExternalStore(rest, 'x/');
    if (policy === 'no-session') this.#outages = new OutageSignal(this.#store.client, this);
  }

  /** The session; `null` if there is none. An outage is an error. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each library, and each application, has a type of session of its own
  override get<Session>(id: string, callback: (error: unknown, session?: Session | null) => void): void {
    callBack(this.#get(id), callback as Callback<object | null>);
  }

  /**
   * Stores the session until its cookie expires; for `ttlSeconds` if the cookie ends with the browser. Never revives a
   * destroyed session.
   */
  override set(id: string, given: SessionLike, callback?: (error?: unknown) => void): void {
    this.#tell(this.#set(id, given), callback);
  }

  /** Moves the expiry to that of the session's cookie, without rewriting the session. */
  override touch(id: string, given: SessionLike, callback?: (error?: unknown) => void): void {
    this.#tell(this.#touch(id, given), callback);
  }

  /** Destroys the session: no request in flight can revive it. */
  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#tell(this.#store.destroy(id), callback);
  }

  /** Called by express-session to change the id. A session that was never stored has nothing to destroy. */
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
   * A new random id, for the option `genid` of express-session or `idGenerator` of @fastify/session. It is on nodes in
   * reach where possible, so that people can log in while a node is down.
   */
  readonly newId = (): string => this.#store.newId();

  /** Resolves once the cluster answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. */
  ready(): Promise<void> {
    return this.#store.ready();
  }

  /** Closes the client that `servers` opened; a `client` that was passed in stays open. Idempotent. */
  async close(): Promise<void> {
    this.#outages?.stop();
    await this.#store.close();
  }

  async #get(id: string): Promise<object | null> {
    const held = await this.#store.load(id);
    const stored = held?.document;
    if (held === undefined || stored === undefined || !hasCookie(stored)) return null;
    // A touch does not rewrite the stored cookie, so the cluster's expiry is the right one.
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
   * express-session makes its sessions with `createSession` or as new ones. @fastify/session makes its own, so their
   * base is unknown.
   */
  #baseOf(given: object): SaveBase {
    return this.#held.get(given) ?? (given instanceof session.Session ? 'new' : 'unknown');
  }

  #tell(outcome: Promise<unknown>, callback: ((error?: unknown) => void) | undefined): void {
    callBack(
      outcome.then(() => undefined),
      callback ??
        ((error) => {
          // Without a callback, emit the failure, but only if there is a listener: an `error` event without one ends
          // the process.
          if (error && this.listenerCount('error') > 0) this.emit('error', error);
        }),
    );
  }
}

/**
 * The cookie as plain JSON, so that an invalid date in it does not fail the save: the library reports it when it sets
 * the cookie.
 */
function withPlainCookie(given: SessionLike): SessionLike {
  if (!hasCookie(given) || 'toJSON' in given) return given;
  return { ...given, cookie: JSON.parse(JSON.stringify(given.cookie)) as SessionCookie };
}

function hasCookie(stored: object): stored is { cookie: SessionCookie } {
  return 'cookie' in stored && typeof stored.cookie === 'object' && stored.cookie !== null;
}

/** @fastify/session says whether a request changed its session; express-session does not, and does not need to. */
function isUnchanged(given: object): boolean {
  return 'isModified' in given && typeof given.isModified === 'function' && given.isModified() === false;
}
