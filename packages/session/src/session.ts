import type { StoreState, UserSession } from './stores/session-store.ts';

/**
 * What an application keeps in a session. Say what yours is, once, and it is typed in Fastify, Koa and everywhere else:
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
   * The id: 192 random bits, base64url. It stays the same until {@link Session.regenerate}; but a new session whose id
   * nobody read yet may get another one when it is first saved, where the node for the first is out of reach.
   */
  readonly id: string;
  /** Whether this request came without a session that the store knows. `false` where nobody could tell. */
  readonly isNew: boolean;
  /**
   * Whether this request came with an old id of the session (`graceSeconds`): then nothing can be saved, and `destroy`
   * ends the session under its new id.
   */
  readonly readOnly: boolean;
  /** When the session began; kept over a new id. */
  readonly createdAt: Date;
  /** When it ends if it is not used again: the idle or the absolute timeout, whichever comes first. */
  readonly expiresAt: Date;
  /**
   * `false` while the store is out of reach, so that nobody can tell whether the session that the browser has exists.
   * {@link Session.data} then throws, or is empty with `onUnavailable: 'anonymous'`. {@link Session.reload} tries
   * again, {@link Session.regenerate} starts another session.
   */
  readonly isAvailable: boolean;
  /**
   * Plain data that JSON can carry. Change it freely, nested too, or assign another object: it is saved before the
   * headers leave, if it changed.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` while the session is not available, unless `onUnavailable` says
   *   `'anonymous'`.
   */
  data: SessionData;
  /** The value under `key` in {@link Session.data}, as plugins for other session libraries read it. */
  get(key: string): unknown;
  /** Puts `value` under `key` into {@link Session.data}. */
  set(key: string, value: unknown): void;
  /**
   * A new id, and empty data but for what `keep` names: at a login, or any change of privilege. When it resolves the
   * old id is dead.
   *
   * The object that `data` was before is frozen, so that what a handler still writes into it does not get lost without
   * an error. An array is short for `{ keep }`. With a callback, in any of the four operations that take one, nothing
   * is returned.
   *
   * @throws {SessionError} `SESS_DESTROYED` when something was to be kept of a session that another request destroyed
   *   meanwhile; `SESS_UNAVAILABLE`, and then nothing changed; `SESS_HEADERS_SENT` when the new id can't reach the
   *   browser any more; `SESS_BAD_OPTION`.
   */
  regenerate(options?: RegenerateOptions | readonly string[]): Promise<void>;
  regenerate(callback: SessionCallback): void;
  regenerate(options: RegenerateOptions | readonly string[] | undefined, callback: SessionCallback): void;
  /**
   * Ends the session, on the server and in the browser. `data` is empty afterwards; what is put into it is not kept,
   * unless {@link Session.regenerate} starts another session.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` when the store could not be reached: the session may still live, and so
   *   does its cookie.
   */
  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  /**
   * Saves now, rather than before the headers leave. Does nothing for a new session without data.
   *
   * @throws {SessionError} `SESS_DESTROYED`, `SESS_UNAVAILABLE`, `SESS_CONFLICT`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`;
   *   `SESS_HEADERS_SENT` for a new session whose cookie can't reach the browser any more.
   */
  save(): Promise<void>;
  save(callback: SessionCallback): void;
  /**
   * Changes the session by a function of its data, whatever other requests change at once: a counter, a place in a
   * queue, a check before a change.
   *
   * `change` gets the data as it is stored, merged with what this request changed and did not save yet, and changes it
   * in place; both are saved. Where another request saves first, it is called again, with what that one saved: so it
   * must do nothing but look at the data and change it, and it must do so at once (no promise). Resolves with what it
   * returned the last time, or with `session.data` where it returned nothing. Until then, and where it throws,
   * `session.data` is as it was.
   *
   * @throws {SessionError} what {@link Session.save} throws; `SESS_BAD_DATA` when `change` returns a promise;
   *   `SESS_UNAVAILABLE` also where the session could not be loaded when the request began, and still can't. What
   *   `change` throws.
   */
  update<T = void>(change: (data: SessionData) => T): Promise<Updated<T>>;
  /**
   * Ends every other session of this session's user, on every server within a second: after a change of password, say.
   * This one stays, and is saved with what this request changed.
   *
   * @throws {SessionError} `SESS_NO_USER` when nobody is logged in; `SESS_NOT_SUPPORTED` without the option `userOf`;
   *   `SESS_UNAVAILABLE`: they may still live, or may all have ended; and what {@link Session.save} throws.
   */
  revokeOthers(): Promise<void>;
  /**
   * Moves the idle timeout now: for a socket or a stream, which outlives its request.
   *
   * @throws {SessionError} `SESS_DESTROYED` when the session has ended; `SESS_UNAVAILABLE`; `SESS_READ_ONLY`.
   */
  touch(): Promise<void>;
  /**
   * Drops this request's changes and loads what is stored now. A session that was never stored becomes empty.
   *
   * @throws {SessionError} `SESS_DESTROYED` when it is gone; `SESS_UNAVAILABLE`.
   */
  reload(): Promise<void>;
  reload(callback: SessionCallback): void;
  /**
   * The `Set-Cookie` value that the response must carry, given once; `undefined` when there is none, or it was sent.
   * For code that writes its head itself: the adapters add it to every head that goes through Node.js's
   * `ServerResponse`, but can't to an upgrade to WebSocket, or to a stream of HTTP/2.
   */
  takeCookie(): string | undefined;
}

/** Called when the operation has ended, with what it failed with. For libraries that do not use promises. */
export type SessionCallback = (error?: unknown) => void;

/** What {@link Session.update} resolves with: what its function returned, or the data where it returned nothing. */
export type Updated<T> = T extends undefined | void ? SessionData : T;

export interface RegenerateOptions {
  /**
   * The keys of `session.data` that move to the new id; `true` is all of them. Default: none, so that a login inherits
   * nothing from who had the session before.
   */
  readonly keep?: readonly string[] | true | undefined;
  /**
   * Idle timeout of this session in whole seconds, in place of the option `ttlSeconds`: "remember me". It may be longer
   * than `absoluteTtlSeconds`.
   */
  readonly ttlSeconds?: number | undefined;
  /** Whether the browser keeps this session's cookie over a restart, in place of `cookie.persistent`. */
  readonly persistent?: boolean | undefined;
  /**
   * Whether the absolute timeout is counted anew from now, as after a login. Default `false`: from when the session
   * first began.
   */
  readonly restartLifetime?: boolean | undefined;
  /**
   * For how many whole seconds requests that are on their way with the old id may still read the session as it was.
   * Default: the option `graceSeconds`, without which it can only be 0.
   */
  readonly graceSeconds?: number | undefined;
}

/** The session of one request, as an adapter handles it; the application gets {@link RequestSession.current}. */
export interface RequestSession {
  /**
   * The session as the application is to get it from now on. Its properties beside its own members are those of its
   * data, where libraries look for them that were written for other session packages. It is another object after each
   * `regenerate`; the one before does the same, but those libraries find there what was there before: Passport's
   * `keepSessionInfo`.
   */
  readonly current: Session;
  /**
   * Saves, touches, renews or leaves alone, as the session needs. Call it before the headers leave; a second call does
   * nothing. `undefined` when there was nothing to wait for. A session that another request destroyed meanwhile is left
   * dead, silently.
   *
   * @throws {SessionError} (as a rejection) what {@link Session.save} throws. A touch that fails is told to diagnostics
   *   only.
   */
  commit(response?: ResponseFacts): Promise<void> | undefined;
  /**
   * The `Set-Cookie` value that the response must carry, given once; `undefined` when there is none. Ask after
   * `commit`, also when that failed.
   *
   * For a cacheable response only a cookie that can't wait is given: of a new session, a new id, or a logout. The
   * response must become `private` then.
   */
  takeCookie(response?: ResponseFacts): string | undefined;
  /** Whether the response depends on the session: its data, id or state was looked at, or changed. */
  readonly wasRead: boolean;
  /** Whether there is a cookie that the response must carry, and that nobody took yet. */
  readonly owesCookie: boolean;
  /** Whether the data is not what it was when {@link RequestSession.commit} saved it, or left it alone. */
  readonly hasUnsavedChange: boolean;
  /**
   * A process warning, once for all sessions: that a change came too late to be saved, or that a response left without
   * its cookie.
   */
  warn(code: 'SESS_LATE_CHANGE' | 'SESS_LOST_COOKIE'): void;
}

/** What an adapter knows of the response. */
export interface ResponseFacts {
  /**
   * Whether a shared cache may store the response (`Cache-Control: public` or `s-maxage`). A cookie in it would reach
   * other visitors: a renewal, a touch of a persistent cookie and a new signature wait for another response. Default
   * `false`.
   */
  readonly cacheable?: boolean | undefined;
}

/** The request's connection and response, as far as a session needs to know them. */
export interface Connection {
  /** Whether the request came over TLS, to this process or to a proxy that is trusted. */
  readonly secure: boolean;
  /** Tells whether the headers have left, and whether the response has ended. A `ServerResponse` fits. */
  readonly response: { readonly headersSent: boolean; readonly writableEnded?: boolean };
  /** `false`: the request reads the session without prolonging its life. Default `true`. */
  readonly touch?: boolean | undefined;
  /**
   * Whether the answer is decided: an error has left the handler, or what it returned is on its way. From then on
   * `data` of a session that is out of reach is empty, and throws no more: loggers ask for it.
   */
  readonly answered?: boolean;
  /** Called where the session that the browser has is out of reach. */
  onUnavailable?(): void;
  /**
   * Called where `data` is looked at after the session was saved for the response: a change would be lost unless it is
   * saved again.
   */
  onLateUse?(): void;
}

/** The sessions of users, where the option `userOf` says whose a session is. */
export interface SessionsOfUsers {
  /**
   * Ends every session of a user: refused in this process when it resolves, in others within a second, whatever happens
   * to the nodes of the store.
   *
   * @throws {SessionError} `SESS_NOT_SUPPORTED` without the option `userOf`; `SESS_UNAVAILABLE` when it could not be
   *   stored: try again.
   */
  revokeUser(user: string): Promise<void>;
  /**
   * Lists the sessions of a user, where the store keeps such a list.
   *
   * @throws {SessionError} `SESS_NOT_SUPPORTED` where it does not, or without the option `userOf`; `SESS_UNAVAILABLE`.
   */
  ofUser(user: string): Promise<readonly UserSession[]>;
  /**
   * Ends one of the sessions that `ofUser(user)` lists, by its `key`: a device that got lost. Whether there was one; a
   * key that is not in the list of this user ends nothing, so it may come from a browser.
   *
   * @throws {SessionError} as `ofUser`
   */
  end(user: string, key: string): Promise<boolean>;
}

/**
 * `'starting'`: no node has answered yet. `'ready'`: sessions can be used. `'unavailable'`: no node answers, and
 * requests get what `onUnavailable` says. `'closed'`: `close()` was called.
 */
export type SessionsState = StoreState | 'closed';

/**
 * Whether sessions can be used: for readiness probes. A liveness probe asks for none of it: a new process would not
 * bring the nodes back.
 */
export interface SessionsHealth {
  /**
   * Resolves when the store can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. Opening sessions need
   * not wait for it.
   */
  ready(): Promise<void>;
  /** What is known now, from the last answers and probes. No I/O. */
  readonly state: SessionsState;
}

/** Sessions, without a framework: one for an application. */
export interface Sessions extends SessionsOfUsers, SessionsHealth {
  /**
   * What its cookie is called: on a plain and on a secure connection, where that differs. Two applications of one host
   * need different names.
   */
  readonly cookieNames: readonly string[];
  /**
   * The session of a request with this `Cookie` header. A promise only where the store must be asked; nothing is asked
   * for a cookie that is missing, malformed or forged.
   *
   * @throws {SessionError} (as a rejection) `SESS_UNAVAILABLE` where `onUnavailable` says `'error'`; `SESS_CLOSED`.
   */
  open(cookieHeader: string | undefined, connection: Connection): RequestSession | Promise<RequestSession>;
  /** Closes what `servers` opened; a `client` or `store` that was given stays open. Twice does no harm. */
  close(): Promise<void>;
}
