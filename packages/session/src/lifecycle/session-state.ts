import { adoptChanges } from './adopt-changes.ts';
import type { Lifetime } from '../content/envelope.ts';
import type { SessionError } from '../errors.ts';
import { mergeData } from './merge-data.ts';
import { moveSession, renewSession, type Carry } from './move-session.ts';
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

/** What a request's session starts from. */
export interface Beginning {
  readonly found?: {
    readonly persisted: Persisted;
    readonly data: SessionData;
    readonly readOnly?: string | undefined;
  };
  /** The session that the browser has, where nobody could tell whether it exists: an empty one stands in for it. */
  readonly unreachable?: Unreachable;
  /** The sessions that the browser's well-signed cookies name: mostly one. */
  readonly came: readonly Identity[];
}

const NONE: readonly SessionData[] = [];

/** What goes to a new id: of any data, and of this request's. */
export interface Move {
  readonly pick: (data: SessionData) => SessionData;
  readonly text: string;
  readonly lifetime: Lifetime;
}

/** A session that nobody could tell of. */
export interface Unreachable {
  readonly identity: Identity;
  readonly policy: UnavailablePolicy;
  readonly error: SessionError;
}

/**
 * What one request knows of its session: the data, what is stored of it, and what the browser must be told. Changed by
 * its methods and by destroy.
 */
export class SessionState {
  readonly context: SessionContext;
  readonly connection: Connection;
  /** The sessions that the browser's well-signed cookies name, until they are destroyed. */
  came: readonly Identity[];
  /** Whether the browser has a cookie of ours. */
  readonly cookieCame: boolean;
  /** When this request began to use the session. */
  readonly usedAt: number;
  unreachable: Unreachable | undefined;
  /** By an old id in its grace: the key of the session that took its place. Nothing is written then. */
  readOnly: string | undefined;
  /** Why `regenerate` could not give the session another id: nothing is written under the one that it has then. */
  notMoved: unknown = undefined;
  /** What the store holds; `undefined` for a new session. */
  persisted: Persisted | undefined;
  /** The id that was given out: a stored session's, or a new one's that someone asked for. */
  identity: Identity | undefined;
  lifetime: Lifetime;
  data: SessionData;
  /** Whether the application has had the data in its hands; otherwise it can't have changed. */
  dataRead = false;
  /** Whether the application looked at anything of the session: then the response depends on it. */
  wasRead = false;
  isNew: boolean;
  destroyed = false;
  committed = false;
  /** What the data was, encoded, when the session was last saved for the response, or left alone. */
  committedText: string | undefined = undefined;
  /** Made when there is something to order: most requests only read. */
  operations: Mutex | undefined = undefined;
  /** What the data was before each `regenerate`. */
  earlier: readonly SessionData[] = NONE;
  /** What the application has in its hands since the last of them. */
  current: Session | undefined = undefined;
  /** What became of the last save, for who traces it. */
  lastSave: Judgement = { result: 'skipped' };
  /** What the response must tell the browser; `refresh` can wait for another response. */
  cookie: 'set' | 'refresh' | 'clear' | undefined;

  constructor(context: SessionContext, connection: Connection, { found, unreachable, came }: Beginning) {
    this.context = context;
    this.connection = connection;
    this.came = came;
    this.cookieCame = came.length > 0;
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

  /** The id; a new session gets one when it is asked for. */
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

  /** The first save. */
  async create(text: string, data: SessionData = this.data): Promise<void> {
    this.#keep(await createSession(this.context, { data, text, lifetime: this.lifetime }, this.identity));
    this.cookie = 'set';
  }

  /** A save of what changed, merged with what another request saved first. */
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

  /** A save of a change of what was `unsaved`; afterwards the data is what was stored. */
  async replaceBy(base: Persisted, change: Change & { readonly unsaved: string }): Promise<void> {
    this.#checkMoved(base, change.unsaved);
    this.#keep(await replaceSession(this.context, change, base));
    this.adopt(change.unsaved, this.persisted?.text ?? change.unsaved);
    // A touch is not due soon again, so a cookie that lasts as long as the session must not wait for one.
    if (isPersistent(this.context, this.lifetime)) this.cookie = 'set';
    else this.refreshCookie();
  }

  /** Brings what was stored beyond what was sent into the data, which the application may have in its hands. */
  adopt(sent: string, stored: string): void {
    if (stored === sent) return;
    this.dataRead = true;
    const { codec } = this.context;
    adoptChanges(this.data, { sent: codec.decode(sent), stored: codec.decode(stored), now: this.#dataAsStored() });
  }

  /** Stores what is to be kept of the data under a new id, and destroys the old one. */
  async moveToNewId(base: Persisted, { pick, text, lifetime }: Move, graceSeconds: number): Promise<void> {
    const { codec, options } = this.context;
    const mine = codec.decode(text);
    const loaded = pick(codec.decode(base.text));
    const carry: Carry = (theirs) => {
      const data = theirs === undefined ? mine : mergeData(loaded, mine, pick(theirs), options.onConflict);
      return { data, text: theirs === undefined ? text : codec.encode(data), lifetime, owner: base.owner };
    };
    this.#keep(await moveSession(this.context, carry, base, graceSeconds));
    // What another request saved meanwhile; data of which only some is kept is replaced anyway.
    this.adopt(text, this.persisted?.text ?? text);
    this.cookie = 'set';
  }

  /** Gives the session a new id, to which the old one leads. `false` where another request did so first. */
  async renew(base: Persisted, text: string, lifetime: Lifetime): Promise<boolean> {
    this.#checkMoved(base, text);
    const { codec, options } = this.context;
    const mine = codec.decode(text);
    const carry: Carry = (theirs) => {
      const data = theirs === undefined ? mine : mergeData(codec.decode(base.text), mine, theirs, options.onConflict);
      return { data, text: codec.encode(data), lifetime, owner: base.owner };
    };
    const renewed = await renewSession(this.context, carry, base);
    if (renewed === undefined) return false;
    this.#keep(renewed);
    this.adopt(text, renewed.text);
    this.cookie = 'set';
    return true;
  }

  /** Moves the expiry. Whether there still is a session. */
  async touch({ identity, lifetime, stored }: Persisted): Promise<boolean> {
    const { store, touches, misses, options } = this.context;
    const seconds = idleSeconds(this.context, lifetime, options.now());
    if (!(await store.touch(identity.key, seconds))) return false;
    touches.moved(identity.key, stored.ttlSeconds);
    misses.seen(identity.key, seconds, lifetime.endsAt);
    this.refreshCookie();
    return true;
  }

  /** The data, in the hands of the application from now on. */
  dataInUse(): SessionData {
    this.wasRead = true;
    this.checkAvailable();
    this.dataRead = true;
    if (this.committed) this.connection.onLateUse?.();
    return this.data;
  }

  /**
   * Once the answer is decided, nothing throws any more: a logger that asks for the user must not hide the first error
   * behind a second one. What is written then is not kept.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE` where nobody could tell of the session, and that is not to be passed
   *   over.
   */
  checkAvailable(): void {
    if (this.unreachable?.policy !== 'error' || this.committed || this.connection.answered === true) return;
    throw unavailable(this.unreachable.error);
  }

  /** The store answers again: there is no such session. Its id is not adopted. */
  foundMissing(): void {
    this.unreachable = undefined;
    this.identity = undefined;
    this.isNew = true;
  }

  /** Takes over what was loaded anew. */
  reloaded(persisted: Persisted, data: SessionData, readOnly?: string): void {
    this.#keep(persisted);
    this.unreachable = undefined;
    this.readOnly = readOnly;
    this.replaceData(data);
    this.isNew = false;
  }

  /** Starts with another object. Frozen, the one before shows who still writes into it; read it may be. */
  replaceData(data: SessionData): void {
    Object.freeze(this.data);
    this.data = data;
    this.dataRead = true;
  }

  /** Starts with another object under a new id. What was before can be carried over. */
  beginAnew(data: SessionData): void {
    this.earlier = [...this.earlier, this.data];
    this.current = undefined;
    this.replaceData(data);
  }

  /** Becomes a session that the store knows nothing of. */
  startOver(lifetime: Lifetime): void {
    this.persisted = undefined;
    this.readOnly = undefined;
    this.unreachable = undefined;
    this.identity = undefined;
    this.lifetime = lifetime;
    this.destroyed = false;
    this.isNew = true;
  }

  /** Whether the response has ended, and the data is not what it was when the session was saved for it. */
  get wasChangedLate(): boolean {
    return this.connection.response.writableEnded !== false && this.hasUnsavedChange;
  }

  /** Whether the data is not what it was when the session was saved for its response, and can still be saved. */
  get hasUnsavedChange(): boolean {
    if (!this.committed || this.destroyed || this.unreachable !== undefined) return false;
    try {
      return this.encoded() !== this.committedText;
    } catch {
      // What can't be stored was put there since.
      return true;
    }
  }

  /** After the session was saved for its response, or left alone. What nobody had in hands can't be changed. */
  watchLateChanges(): void {
    if (this.dataRead) this.context.lateChanges.watch(this);
  }

  /**
   * After the store confirmed the session: sends its cookie again where it would end, or was signed with an old secret.
   */
  refreshCookie(): void {
    if (this.persisted === undefined) return;
    if (!this.persisted.identity.rotated && !isPersistent(this.context, this.lifetime)) return;
    this.cookie ??= 'refresh';
  }

  /**
   * A login that goes on though its `regenerate` failed must not be written under the id from before it: somebody else
   * may know that one.
   */
  #checkMoved(base: Persisted, text: string): void {
    if (this.notMoved !== undefined && text !== base.text) throw this.notMoved;
  }

  #dataAsStored(): SessionData {
    const { codec } = this.context;
    try {
      return codec.decode(codec.encode(this.data));
    } catch {
      // What can't be stored was put there since the save, which held. The next one tells.
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
