import type { StoreState, UserSession } from './stores/session-store.ts';

/**
 * The data that an application keeps in a session. Declare yours once, and it is typed in Fastify, Koa and everywhere
 * else:
 *
 * ```ts
 * declare module '@sess/session' {
 *   interface SessionData { userId?: string; cart?: string[] }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-interface -- applications add to it
export interface SessionData {}

/** One visitor's session, as a request sees it. */
export interface Session {
  /**
   * The id: 192 random bits, base64url. It changes at {@link Session.regenerate} and at a renewal
   * (`renewAfterSeconds`). Reading the id of a new session fixes it: the first save then can't avoid a node that is out
   * of reach.
   */
  readonly id: string;
  /** Whether this request brought no session that the store holds. `false` also if the store could not tell. */
  readonly isNew: boolean;
  /**
   * Whether this request came with an old id of the session (`graceSeconds`). Saving a change then fails with
   * `SESS_READ_ONLY`, and `destroy` ends only the grace of that id.
   */
  readonly readOnly: boolean;
  /** When the session began. A new id does not change it. */
  readonly createdAt: Date;
  /** When the session ends unless it is used again: at its idle or its absolute timeout, whichever comes first. */
  readonly expiresAt: Date;
  /**
   * `false` if the store was out of reach when this request last loaded its session. {@link Session.data} then throws,
   * or is empty with `onUnavailable: 'anonymous'`. {@link Session.reload} tries again; {@link Session.regenerate}
   * starts another session.
   */
  readonly isAvailable: boolean;
  /**
   * Plain data that JSON can represent. Change it at any depth, or assign another object: a change is saved before the
   * headers are sent.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` while {@link Session.isAvailable} is `false`, unless `onUnavailable` is
   *   `'anonymous'`.
   */
  data: SessionData;
  /** Returns `data[key]`. Plugins for other session libraries read it this way. */
  get(key: string): unknown;
  /** Sets `data[key]` to `value`. */
  set(key: string, value: unknown): void;
  /**
   * Gives the session a new id and drops all data except the keys in `keep`. Call it at a login and at any change of
   * privilege. Once it resolves, the old id is dead.
   *
   * The previous `data` object is frozen, so a late write to it throws instead of being lost. An array is short for `{
   * keep }`. With a callback, this method and the three others that take one return nothing.
   *
   * If it fails, the session keeps its id and what was stored. Sessions of the browser's other cookies of this name may
   * have ended; so may this one if the store's answer was lost.
   *
   * @throws {SessionError} `SESS_DESTROYED` if another request destroyed the session and `keep` names something;
   *   `SESS_UNAVAILABLE`; `SESS_READ_ONLY` with `keep: true` if the request came with an old id in its grace;
   *   `SESS_HEADERS_SENT` if the headers were sent, so the new id can't reach the browser; `SESS_BAD_OPTION`; and for
   *   the data that is kept `SESS_BAD_DATA`, `SESS_TOO_LARGE` and `SESS_CONFLICT`, as {@link Session.save}.
   */
  regenerate(options?: RegenerateOptions | readonly string[]): Promise<void>;
  regenerate(callback: SessionCallback): void;
  regenerate(options: RegenerateOptions | readonly string[] | undefined, callback: SessionCallback): void;
  /**
   * Ends the session, on the server and in the browser. `data` is empty afterwards and is not saved, unless
   * {@link Session.regenerate} starts another session.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` if the store is out of reach: the session may still live, and the browser
   *   keeps its cookie.
   */
  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  /**
   * Saves now instead of just before the headers are sent. Does nothing for a new session without data.
   *
   * @throws {SessionError} `SESS_DESTROYED`, `SESS_UNAVAILABLE`, `SESS_CONFLICT`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`,
   *   `SESS_READ_ONLY`; `SESS_HEADERS_SENT` for a new session if the headers were sent, so its cookie can't reach the
   *   browser.
   */
  save(): Promise<void>;
  save(callback: SessionCallback): void;
  /**
   * Changes the session's data with a function, safely against concurrent requests: a counter, a place in a queue, a
   * check before a change.
   *
   * `change` gets the stored data merged with this request's unsaved changes, and changes it in place; both are saved.
   * If another request saves first, `change` runs again on what that request saved. So it must be synchronous and must
   * only read and change the data. Resolves with what the last call returned, or with `session.data` if it returned
   * nothing. Until then, and if it throws, `session.data` is unchanged, except that a session that was out of reach is
   * loaded into it first.
   *
   * @throws {SessionError} what {@link Session.save} throws; `SESS_BAD_DATA` if `change` returns a promise;
   *   `SESS_UNAVAILABLE` also if the session still can't be loaded. Rethrows what `change` throws.
   */
  update<T = void>(change: (data: SessionData) => T): Promise<Updated<T>>;
  /**
   * Ends every other session of this session's user, on every server within a second: for example after a change of
   * password. This session stays and is saved with this request's changes.
   *
   * @throws {SessionError} `SESS_NO_USER` if nobody is logged in; `SESS_NOT_SUPPORTED` without the option `userOf`;
   *   `SESS_UNAVAILABLE`: the other sessions may or may not have ended; and what {@link Session.save} throws.
   */
  revokeOthers(): Promise<void>;
  /**
   * Extends the idle timeout now: for a socket or a stream that outlives its request.
   *
   * @throws {SessionError} `SESS_DESTROYED` if the session has ended; `SESS_UNAVAILABLE`; `SESS_READ_ONLY`.
   */
  touch(): Promise<void>;
  /**
   * Drops this request's changes and loads the session again. A session that was never stored becomes empty.
   *
   * @throws {SessionError} `SESS_DESTROYED` if the session has ended; `SESS_UNAVAILABLE`.
   */
  reload(): Promise<void>;
  reload(callback: SessionCallback): void;
  /**
   * The `Set-Cookie` value for the response, returned once; `undefined` if there is none or it was sent already. For
   * code that writes its response head itself: the adapters add the cookie to every head that Node.js's
   * `ServerResponse` writes, but not to a WebSocket upgrade or an HTTP/2 stream.
   */
  takeCookie(): string | undefined;
}

/** Called when the operation ends, with the error if it failed. For libraries that do not use promises. */
export type SessionCallback = (error?: unknown) => void;

/** The result of {@link Session.update}: what its function returned, or the data if it returned nothing. */
export type Updated<T> = T extends undefined | void ? SessionData : T;

export interface RegenerateOptions {
  /**
   * The keys of `session.data` that move to the new id; `true` means all. Default: none, so a login inherits nothing
   * from the visitor before it.
   */
  readonly keep?: readonly string[] | true | undefined;
  /**
   * Idle timeout of this session in whole seconds, instead of the option `ttlSeconds`: for "remember me". It may be
   * longer than `absoluteTtlSeconds`.
   */
  readonly ttlSeconds?: number | undefined;
  /** Whether the browser keeps this session's cookie across restarts, instead of `cookie.persistent`. */
  readonly persistent?: boolean | undefined;
  /**
   * Whether the absolute timeout restarts now, as after a login. Default `false`: it counts from when the session first
   * began.
   */
  readonly restartLifetime?: boolean | undefined;
  /**
   * Whole seconds for which requests in flight with the old id can still read the session as it was. Default: the
   * option `graceSeconds`; if that is 0, this must be 0 too.
   */
  readonly graceSeconds?: number | undefined;
}

/** The session of one request, for adapters; the application gets {@link RequestSession.current}. */
export interface RequestSession {
  /**
   * The session to give to the application. Besides its own members it has the properties of its data, because
   * libraries written for other session packages look for them there. Each `regenerate` makes another object. The one
   * before works too, but still shows the properties that the data had then: Passport's `keepSessionInfo` reads them.
   */
  readonly current: Session;
  /**
   * Saves, touches or renews the session if it needs that. Call it before the headers are sent; a second call does
   * nothing. `undefined` if there is nothing to wait for. A session that another request destroyed meanwhile stays
   * dead, without an error.
   *
   * @throws {SessionError} (as a rejection) what {@link Session.save} throws. A failed touch is only published to
   *   diagnostics.
   */
  commit(response?: ResponseFacts): Promise<void> | undefined;
  /**
   * The `Set-Cookie` value for the response, returned once; `undefined` if there is none. Call it after `commit`, also
   * after a failed one.
   *
   * For a cacheable response it returns only a cookie that can't wait: of a new session, a new id, or a logout. The
   * response must then become `private`.
   */
  takeCookie(response?: ResponseFacts): string | undefined;
  /** Whether the response depends on the session: something read or changed its data, id or state. */
  readonly wasRead: boolean;
  /** Whether the response still needs a cookie that nobody has taken yet. */
  readonly owesCookie: boolean;
  /** Whether the data was changed after {@link RequestSession.commit} and not saved since. */
  readonly hasUnsavedChange: boolean;
  /**
   * Emits a process warning, at most once per code: a change came too late to be saved, or a response was sent without
   * its cookie.
   */
  warn(code: 'SESS_LATE_CHANGE' | 'SESS_LOST_COOKIE'): void;
}

/** What an adapter knows about the response. */
export interface ResponseFacts {
  /**
   * Whether a shared cache may store the response (`Cache-Control: public` or `s-maxage`). A cookie in it would reach
   * other visitors, so a renewal, a touch of a persistent cookie and a new signature wait for another response. Default
   * `false`.
   */
  readonly cacheable?: boolean | undefined;
}

/** The parts of the request's connection and response that a session needs. */
export interface Connection {
  /** Whether the request came over TLS, to this process or to a trusted proxy. */
  readonly secure: boolean;
  /** Whether the headers were sent and whether the response has ended. A `ServerResponse` fits. */
  readonly response: { readonly headersSent: boolean; readonly writableEnded?: boolean };
  /** `false`: the request does not extend the session's idle timeout. Default `true`. */
  readonly touch?: boolean | undefined;
  /**
   * Whether the answer is decided: the handler threw, or its result is being sent. From then on `data` of a session
   * that is out of reach is empty instead of throwing, because loggers read it.
   */
  readonly answered?: boolean;
  /** Called if the browser's session is out of reach. */
  onUnavailable?(): void;
  /** Called if `data` is read after the session was saved for the response: a change then needs another save. */
  onLateUse?(): void;
}

/** The sessions of users, if the option `userOf` names the user of a session. */
export interface SessionsOfUsers {
  /**
   * Ends every session of a user. Once it resolves, this process refuses them; other processes do so within a second.
   * This holds even if nodes of the store fail.
   *
   * @throws {SessionError} `SESS_NOT_SUPPORTED` without the option `userOf`; `SESS_UNAVAILABLE` if the revocation could
   *   not be stored: try again.
   */
  revokeUser(user: string): Promise<void>;
  /**
   * Lists the sessions of a user, if the store keeps such a list.
   *
   * @throws {SessionError} `SESS_NOT_SUPPORTED` if it does not, or without the option `userOf`; `SESS_UNAVAILABLE`.
   */
  ofUser(user: string): Promise<readonly UserSession[]>;
  /**
   * Ends one of the sessions that `ofUser(user)` lists, by its `key`: for example that of a lost device. Resolves with
   * whether there was one. A key that is not in this user's list ends nothing, so it may come from a browser.
   *
   * @throws {SessionError} as `ofUser`
   */
  end(user: string, key: string): Promise<boolean>;
}

/**
 * `'starting'`: no node has answered yet. `'ready'`: sessions can be used. `'unavailable'`: no node answers (all are
 * down, or those that are not are new), and `onUnavailable` decides what requests get. `'closed'`: `close()` was called.
 */
export type SessionsState = StoreState | 'closed';

/**
 * Whether sessions can be used: for readiness probes. Don't use it for a liveness probe: a restart does not bring the
 * nodes back.
 */
export interface SessionsHealth {
  /**
   * Resolves once the store answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. You can open sessions
   * without waiting for it.
   */
  ready(): Promise<void>;
  /** The state from the last answers and probes. No I/O. */
  readonly state: SessionsState;
}

/** Sessions without a framework; one object per application. */
export interface Sessions extends SessionsOfUsers, SessionsHealth {
  /**
   * The names of its cookie: two if the name on a plain connection differs from that on a secure one. Two applications
   * on one host need different names.
   */
  readonly cookieNames: readonly string[];
  /**
   * The session of a request with this `Cookie` header. A promise only if the store must be asked; it is not asked for
   * a missing, malformed or forged cookie.
   *
   * @throws {SessionError} (as a rejection) `SESS_CLOSED` once the store is closed. Not `SESS_UNAVAILABLE`: `data`
   *   throws that.
   */
  open(cookieHeader: string | undefined, connection: Connection): RequestSession | Promise<RequestSession>;
  /**
   * Closes the client that `servers` opened, and the `backing` after its pending writes; a `client` or `store` that was
   * passed in stays open. Idempotent.
   */
  close(): Promise<void>;
}
