import { adoptChanges } from './adopt-changes.ts';
import { textOf, type DataAtCall } from './data-at-call.ts';
import { DataCalls } from './data-calls.ts';
import type { Lifetime } from '../content/envelope.ts';
import type { SessionError } from '../errors.ts';
import { mergeData } from './merge-data.ts';
import { moveSession, renewSession, type MakeContent } from './move-session.ts';
import type { Mutex } from './mutex.ts';
import type { UnavailablePolicy } from '../options/options.ts';
import { replaceSession, type Change } from './replace-session.ts';
import {
  idleSeconds,
  isPersistent,
  newIdentity,
  newLifetime,
  type Identity,
  type Persisted,
  type SessionContext,
} from './session-context.ts';
import type { Owner } from '../users/session-owner.ts';
import type { Connection, Session, SessionData } from '../session.ts';
import { unavailable } from './request-errors.ts';
import { createSession } from './store-session.ts';
import type { Judgement } from '../tracing.ts';

/** How a request's session starts. */
export interface Beginning {
  readonly found?: {
    readonly persisted: Persisted;
    readonly data: SessionData;
    readonly readOnly?: string | undefined;
  };
  /** The browser's session, if the store was out of reach: an empty one replaces it for this request. */
  readonly unreachable?: Unreachable;
  /** The sessions that the browser's validly signed cookies name: usually one. */
  readonly presented: readonly Identity[];
}

const NONE: readonly SessionData[] = [];

/** What moves to a new id. */
export interface Move {
  readonly pick: (data: SessionData) => SessionData;
  readonly text: string;
  readonly lifetime: Lifetime;
}

/** A session that could not be loaded because the store is out of reach. */
export interface Unreachable {
  readonly identity: Identity;
  readonly policy: UnavailablePolicy;
  readonly error: SessionError;
}

/**
 * What one request knows about its session: its data, its stored state, and the cookie to send. Only its methods and
 * `destroy` change it.
 */
export class SessionState {
  readonly context: SessionContext;
  readonly connection: Connection;
  /** The sessions that the browser's validly signed cookies name, until they are destroyed. */
  came: readonly Identity[];
  /** Whether the browser sent a validly signed cookie. */
  readonly cookieCame: boolean;
  /** When this request began to use the session. */
  readonly usedAt: number;
  unreachable: Unreachable | undefined;
  /**
   * If the request came with an old id in its grace: the key of the session that took its place. Nothing is written
   * then.
   */
  readOnly: string | undefined;
  /** Why `regenerate` failed: no change is written under the old id then. */
  notMoved: unknown = undefined;
  /** The session as stored; `undefined` for a new session. */
  persisted: Persisted | undefined;
  /** The id of a stored session, or of a new one whose id was read. */
  identity: Identity | undefined;
  lifetime: Lifetime;
  data: SessionData;
  /** Whether the application got the data; otherwise it can't have changed. */
  dataRead = false;
  /** Whether the application read anything of the session: then the response depends on it. */
  wasRead = false;
  isNew: boolean;
  destroyed = false;
  committed = false;
  /** The encoded data as of the last commit or later save. */
  committedText: string | undefined = undefined;
  /** Made by the first operation: most requests only read. */
  operations: Mutex | undefined = undefined;
  /** Made by the first operation that replaces the data. */
  calls: DataCalls | undefined = undefined;
  /** The data before each `regenerate`. */
  earlier: readonly SessionData[] = NONE;
  /** The session that the application got since the last `regenerate`. */
  current: Session | undefined = undefined;
  /** The outcome of the last save, for tracing. */
  lastSave: Judgement = { result: 'skipped' };
  /** The cookie that the response must carry; `refresh` can wait for another response. */
  cookie: 'set' | 'refresh' | 'clear' | undefined;

  constructor(context: SessionContext, connection: Connection, { found, unreachable, presented }: Beginning) {
    this.context = context;
    this.connection = connection;
    this.came = presented;
    this.cookieCame = presented.length > 0;
    this.unreachable = unreachable;
    this.readOnly = found?.readOnly;
    this.usedAt = context.options.now();
    this.persisted = found?.persisted;
    this.identity = found?.persisted.identity ?? unreachable?.identity;
    this.lifetime = found?.persisted.lifetime ?? newLifetime(context, this.usedAt);
    this.data = found?.data ?? {};
    this.isNew = found === undefined && unreachable === undefined;
    this.cookie = undefined;
  }

  /** The id; a new session gets one when it is first read. */
  get id(): string {
    this.identity ??= newIdentity(this.context);
    return this.identity.id;
  }

  get headersSent(): boolean {
    return this.committed || this.connection.response.headersSent;
  }

  /** The data, encoded. */
  encoded(): string {
    if (this.dataRead) return this.context.codec.encode(this.data);
    return this.persisted?.text ?? this.context.codec.empty;
  }

  /** Saves a new session. */
  async create(text: string, data: SessionData = this.data): Promise<void> {
    this.#keep(await createSession(this.context, { data, text, lifetime: this.lifetime }, this.identity));
    this.cookie = 'set';
  }

  /** Saves the change, merged with what another request saved first. */
  async replace(base: Persisted, text: string, owner?: Owner): Promise<void> {
    const { data, lifetime, context } = this;
    const { codec, options } = context;
    const make: Change['make'] = (theirs) => {
      if (theirs === undefined) return { data, text };
      const merged = mergeData(codec.decode(base.text), codec.decode(text), theirs, options.onConflict);
      return { data: merged, text: codec.encode(merged) };
    };
    await this.replaceBy(base, { unsaved: text, lifetime, owner, make });
  }

  /** Saves a change on top of `unsaved`; afterwards the data is what was stored. */
  async replaceBy(base: Persisted, change: Change & { readonly unsaved: string }): Promise<void> {
    this.#checkMoved(base, change.unsaved);
    this.#keep(await replaceSession(this.context, change, base));
    this.adopt(change.unsaved, this.persisted?.text ?? change.unsaved);
    // The save extended the idle timeout, so the next touch is not due soon: a persistent cookie must be extended now.
    if (isPersistent(this.context, this.lifetime)) this.cookie = 'set';
    else this.refreshCookie();
  }

  /** Notes a call of an operation that replaces the data. */
  noteCall(): DataAtCall {
    this.calls ??= new DataCalls(this.context.codec);
    return this.calls.add(this.dataRead ? textOf(this.context.codec, this.data) : this.encoded());
  }

  /** What the application set after this call, applied to the data that replaces it. */
  withLaterChanges(call: DataAtCall, next: SessionData): SessionData {
    return this.calls?.replace(call, this.data, next) ?? next;
  }

  /** Applies what a save stored beyond what it sent to the data, in place, because the application may hold it. */
  adopt(sent: string, stored: string): void {
    if (stored === sent) return;
    this.dataRead = true;
    const { codec } = this.context;
    this.calls?.adopt(sent, stored);
    adoptChanges(this.data, { sent: codec.decode(sent), stored: codec.decode(stored), now: this.#dataAsStored() });
  }

  /** Stores the kept data under a new id and destroys the old one. */
  async moveToNewId(base: Persisted, { pick, text, lifetime }: Move, graceSeconds: number): Promise<void> {
    const { codec, options } = this.context;
    const mine = codec.decode(text);
    const loaded = pick(codec.decode(base.text));
    const makeContent: MakeContent = (theirs) => {
      const data = theirs === undefined ? mine : mergeData(loaded, mine, pick(theirs), options.onConflict);
      return { data, text: theirs === undefined ? text : codec.encode(data), lifetime, owner: base.owner };
    };
    this.#keep(await moveSession(this.context, makeContent, base, graceSeconds));
    // Adopts what another request saved meanwhile; if only some keys are kept, the data is replaced anyway.
    this.adopt(text, this.persisted?.text ?? text);
    this.cookie = 'set';
  }

  /** Gives the session a new id, and lets the old one lead to it. `false` if another request did so first. */
  async renew(base: Persisted, text: string, lifetime: Lifetime): Promise<boolean> {
    this.#checkMoved(base, text);
    const { codec, options } = this.context;
    const mine = codec.decode(text);
    const makeContent: MakeContent = (theirs) => {
      const data = theirs === undefined ? mine : mergeData(codec.decode(base.text), mine, theirs, options.onConflict);
      return { data, text: codec.encode(data), lifetime, owner: base.owner };
    };
    const renewed = await renewSession(this.context, makeContent, base);
    if (renewed === undefined) return false;
    this.#keep(renewed);
    this.adopt(text, renewed.text);
    this.cookie = 'set';
    return true;
  }

  /** Extends the idle timeout. `false` if the session is gone. */
  async touch({ identity, lifetime, stored }: Persisted): Promise<boolean> {
    const { store, touches, misses, options } = this.context;
    const seconds = idleSeconds(this.context, lifetime, options.now());
    if (!(await store.touch(identity.key, seconds))) return false;
    touches.moved(identity.key, stored.ttlSeconds);
    misses.seen(identity.key, seconds, lifetime.endsAt);
    this.refreshCookie();
    return true;
  }

  /** Hands the data to the application. */
  dataInUse(): SessionData {
    this.wasRead = true;
    this.checkAvailable();
    this.dataRead = true;
    if (this.committed) this.connection.onLateUse?.();
    return this.calls === undefined ? this.data : this.calls.watched(this.data);
  }

  /**
   * Never throws once the answer is decided: a logger that reads the user must not hide the first error behind a second
   * one. Changes made then are not saved.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` if the session could not be loaded and the policy is `'error'`.
   */
  checkAvailable(): void {
    if (this.unreachable?.policy !== 'error' || this.committed || this.connection.answered === true) return;
    throw unavailable(this.unreachable.error);
  }

  /** The store answers again, and the session does not exist. Its id is not adopted. */
  foundMissing(): void {
    this.unreachable = undefined;
    this.identity = undefined;
    this.isNew = true;
  }

  /** Adopts the reloaded session. */
  reloaded(persisted: Persisted, data: SessionData, readOnly?: string): void {
    this.#keep(persisted);
    this.unreachable = undefined;
    this.readOnly = readOnly;
    this.replaceData(data);
    this.isNew = false;
  }

  /** Starts with another object. The one before is frozen, so a late write to it throws. */
  replaceData(data: SessionData): void {
    Object.freeze(this.data);
    this.data = data;
    this.dataRead = true;
  }

  /** Starts with another object under a new id, and keeps the one before for libraries that copy from it. */
  beginAnew(data: SessionData): void {
    this.earlier = [...this.earlier, this.data];
    this.current = undefined;
    this.replaceData(data);
  }

  /** Becomes a session that is not stored. */
  startOver(lifetime: Lifetime): void {
    this.persisted = undefined;
    this.readOnly = undefined;
    this.unreachable = undefined;
    this.identity = undefined;
    this.lifetime = lifetime;
    this.destroyed = false;
    this.isNew = true;
  }

  /** Whether the response has ended and the data has an unsaved change. */
  get wasChangedLate(): boolean {
    return this.connection.response.writableEnded !== false && this.hasUnsavedChange;
  }

  /** Whether the data changed after the session was saved for its response, and can still be saved. */
  get hasUnsavedChange(): boolean {
    if (!this.committed || this.destroyed || this.unreachable !== undefined) return false;
    try {
      return this.encoded() !== this.committedText;
    } catch {
      // The data could be encoded when it was saved.
      return true;
    }
  }

  /** Call it after the commit. Data that the application never got can't change. */
  watchLateChanges(): void {
    if (this.dataRead) this.context.lateChanges.watch(this);
  }

  /**
   * Call it after the store confirmed the session. Sends the cookie again if it is persistent or was signed with an old
   * secret.
   */
  refreshCookie(): void {
    if (this.persisted === undefined) return;
    if (!this.persisted.identity.rotated && !isPersistent(this.context, this.lifetime)) return;
    this.cookie ??= 'refresh';
  }

  /**
   * A login that continues after its `regenerate` failed must not be stored under the old id: somebody else may know
   * that id.
   */
  #checkMoved(base: Persisted, text: string): void {
    if (this.notMoved !== undefined && text !== base.text) throw this.notMoved;
  }

  #dataAsStored(): SessionData {
    const { codec } = this.context;
    try {
      return codec.decode(codec.encode(this.data));
    } catch {
      // Something that can't be stored was added after this save. The next save reports it.
      return this.data;
    }
  }

  #keep(persisted: Persisted): void {
    this.persisted = persisted;
    this.identity = persisted.identity;
    this.lifetime = persisted.lifetime;
    this.destroyed = false;
    if (this.committed) this.committedText = persisted.text;
  }
}
