import { answer } from './answer.ts';
import { commitSession } from './commit-session.ts';
import type { DataAtCall } from './data-at-call.ts';
import { SessionError } from '../errors.ts';
import { own, setOwn, type PlainObject } from './merge-data.ts';
import { Mutex } from './mutex.ts';
import { regenerateSession } from './regenerate-session.ts';
import { revokeOthers } from './revoke-others.ts';
import { idleSeconds, isPersistent, ttlSecondsOf } from './session-context.ts';
import { destroy, reload, save, touch } from './session-operations.ts';
import { withProperties } from './session-properties.ts';
import type { SessionState } from './session-state.ts';
import type {
  RegenerateOptions,
  RequestSession,
  ResponseFacts,
  Session,
  SessionCallback,
  SessionData,
  Updated,
} from '../session.ts';
import { updateSession } from './update-session.ts';

/** The session of one request. All its state is private, so a log line of it shows neither id nor data. */
export class ActiveSession implements Session, RequestSession {
  readonly #state: SessionState;

  constructor(state: SessionState) {
    this.#state = state;
  }

  get current(): Session {
    this.#state.current ??= withProperties(this, this.#state);
    return this.#state.current;
  }

  get id(): string {
    this.#state.wasRead = true;
    return this.#state.id;
  }

  get isNew(): boolean {
    this.#state.wasRead = true;
    return this.#state.isNew;
  }

  get readOnly(): boolean {
    this.#state.wasRead = true;
    return this.#state.readOnly !== undefined;
  }

  get createdAt(): Date {
    this.#state.wasRead = true;
    return new Date(this.#state.lifetime.createdAt);
  }

  get expiresAt(): Date {
    this.#state.wasRead = true;
    const { context, lifetime, usedAt } = this.#state;
    return new Date(Math.min(lifetime.endsAt, usedAt + ttlSecondsOf(context, lifetime) * 1_000));
  }

  get isAvailable(): boolean {
    this.#state.wasRead = true;
    return this.#state.unreachable === undefined;
  }

  get data(): SessionData {
    return this.#state.dataInUse();
  }

  set data(data: SessionData) {
    this.#state.checkAvailable();
    if (typeof data !== 'object' || data === null || Array.isArray(data)) {
      throw new SessionError('SESS_BAD_DATA', 'session.data must be a plain object');
    }
    this.#state.wasRead = true;
    this.#state.dataRead = true;
    this.#state.calls?.wrote(Object.keys(data));
    // `regenerate` or the application froze it; copy it, so that it can be changed.
    this.#state.data = Object.isFrozen(data) ? { ...data } : data;
  }

  get(key: string): unknown {
    return own(this.data as PlainObject, key);
  }

  set(key: string, value: unknown): void {
    setOwn(this.data, key, value);
  }

  regenerate(options?: RegenerateOptions | readonly string[]): Promise<void>;
  regenerate(callback: SessionCallback): void;
  regenerate(options: RegenerateOptions | readonly string[] | undefined, callback: SessionCallback): void;
  regenerate(
    first?: RegenerateOptions | readonly string[] | SessionCallback,
    second?: SessionCallback,
  ): Promise<void> | void {
    const [options, callback] = typeof first === 'function' ? [undefined, first] : [first, second];
    return this.#replacing((call) => regenerateSession(this.#state, options, call), callback);
  }

  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  destroy(callback?: SessionCallback): Promise<void> | void {
    return this.#replacing((call) => destroy(this.#state, call), callback);
  }

  save(): Promise<void>;
  save(callback: SessionCallback): void;
  save(callback?: SessionCallback): Promise<void> | void {
    return this.#inTurn(() => save(this.#state), callback);
  }

  touch(): Promise<void> {
    return this.#inTurn(() => touch(this.#state));
  }

  update<T = void>(change: (data: SessionData) => T): Promise<Updated<T>> {
    return this.#inTurn(() => updateSession(this.#state, change));
  }

  revokeOthers(): Promise<void> {
    return this.#inTurn(() => revokeOthers(this.#state));
  }

  reload(): Promise<void>;
  reload(callback: SessionCallback): void;
  reload(callback?: SessionCallback): Promise<void> | void {
    return this.#replacing((call) => reload(this.#state, call), callback);
  }

  get wasRead(): boolean {
    return this.#state.wasRead;
  }

  commit(response?: ResponseFacts): Promise<void> | undefined {
    const state = this.#state;
    const idle = state.operations?.idle;
    const saving =
      idle === undefined ? commitSession(state, response) : idle.then(() => commitSession(state, response));
    if (saving !== undefined) return saving.then(() => state.watchLateChanges());
    state.watchLateChanges();
    return undefined;
  }

  get owesCookie(): boolean {
    return this.#state.cookie === 'set' || this.#state.cookie === 'clear';
  }

  get hasUnsavedChange(): boolean {
    return this.#state.hasUnsavedChange;
  }

  warn(code: 'SESS_LATE_CHANGE' | 'SESS_LOST_COOKIE'): void {
    this.#state.context.warnOnce(code);
  }

  takeCookie(response?: ResponseFacts): string | undefined {
    const { cookie: pending, context, connection, lifetime } = this.#state;
    if (pending === undefined || (pending === 'refresh' && response?.cacheable === true)) return undefined;
    this.#state.cookie = undefined;
    const { cookie, signer, warnOnce, options } = context;
    const { secure } = connection;
    if (!secure && options.secure === 'auto') warnOnce('SESS_PLAIN_HTTP');
    if (pending === 'clear') return cookie.clear(secure);
    const maxAge = isPersistent(context, lifetime) ? idleSeconds(context, lifetime, options.now()) : undefined;
    return cookie.set(signer.sign(cookie.name(secure), this.#state.id), secure, maxAge);
  }

  /** Empty, so a log line of a session shows none of its data. */
  toJSON(): object {
    return {};
  }

  /** Runs an operation that replaces the data. What the handler sets after this call belongs to the new data. */
  #replacing(
    operation: (call: DataAtCall) => Promise<void>,
    callback: SessionCallback | undefined,
  ): Promise<void> | void {
    const state = this.#state;
    const call = state.noteCall();
    return this.#inTurn(async () => {
      try {
        await operation(call);
      } finally {
        state.calls?.end(call);
      }
    }, callback);
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T>;
  #inTurn(operation: () => Promise<void>, callback: SessionCallback | undefined): Promise<void> | void;
  #inTurn(operation: () => Promise<void>, callback?: SessionCallback): Promise<void> | void {
    this.#state.wasRead = true;
    this.#state.operations ??= new Mutex();
    return answer(this.#state.operations.run(operation), callback);
  }
}
