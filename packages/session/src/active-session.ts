import { answer } from './answer.ts';
import { commitSession } from './commit-session.ts';
import { SessionError } from './errors.ts';
import { endGrace, newestKey } from './grace.ts';
import { loadOne } from './load-session.ts';
import { own, setOwn, type PlainObject } from './merge-data.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { regenerateSession } from './regenerate-session.ts';
import { revokeOthers } from './revoke-others.ts';
import { idleSeconds, type Identity } from './session-context.ts';
import type { SessionState } from './session-state.ts';
import type { RegenerateOptions, RequestSession, ResponseFacts, SessionCallback, SessionData, Updated } from './session.ts';
import { updateSession } from './update-session.ts';
import { destroySession, gone, late, readOnly } from './write-session.ts';

/** A session in the hands of one request. Everything but its methods is private, so that a log line of it shows neither id nor data. */
export class ActiveSession implements RequestSession {
  readonly #state: SessionState;
  /** Made when there is something to order: most requests only read. */
  #operations: OneAtATime | undefined;

  constructor(state: SessionState) {
    this.#state = state;
    // What is put beside `data`, as other session packages have it, would be lost without a word: now it throws.
    Object.preventExtensions(this);
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
    return new Date(Math.min(lifetime.endsAt, usedAt + context.options.ttlSeconds * 1_000));
  }

  get data(): SessionData {
    this.#state.wasRead = true;
    this.#state.dataRead = true;
    if (this.#state.committed) this.#state.connection.onLateUse?.();
    return this.#state.data;
  }

  set data(data: SessionData) {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) {
      throw new SessionError('SESS_BAD_DATA', 'session.data must be a plain object');
    }
    this.#state.wasRead = true;
    this.#state.dataRead = true;
    // Frozen is what another id had (`regenerate`), or the application: nobody could put anything into it.
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
  regenerate(first?: RegenerateOptions | readonly string[] | SessionCallback, second?: SessionCallback): Promise<void> | void {
    const [options, callback] = typeof first === 'function' ? [undefined, first] : [first, second];
    return this.#inTurn(() => regenerateSession(this.#state, options), callback);
  }

  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  destroy(callback?: SessionCallback): Promise<void> | void {
    return this.#inTurn(() => destroy(this.#state), callback);
  }

  save(): Promise<void>;
  save(callback: SessionCallback): void;
  save(callback?: SessionCallback): Promise<void> | void {
    return this.#inTurn(() => save(this.#state), callback);
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
    return this.#inTurn(() => reload(this.#state), callback);
  }

  get wasRead(): boolean {
    return this.#state.wasRead;
  }

  commit(response?: ResponseFacts): Promise<void> | undefined {
    const idle = this.#operations?.idle;
    return idle === undefined ? commitSession(this.#state, response) : idle.then(() => commitSession(this.#state, response));
  }

  takeCookie(response?: ResponseFacts): string | undefined {
    const { cookie: pending, context, connection, lifetime } = this.#state;
    if (pending === undefined || (pending === 'refresh' && response?.cacheable === true)) return undefined;
    this.#state.cookie = undefined;
    const { cookie, signer, warnOnce, options } = context;
    const { secure } = connection;
    if (!secure && options.secure === 'auto') warnOnce('SESS_PLAIN_HTTP');
    if (pending === 'clear') return cookie.clear(secure);
    return cookie.set(signer.sign(cookie.name(secure), this.#state.id), secure, idleSeconds(context, lifetime, options.now()));
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T>;
  #inTurn(operation: () => Promise<void>, callback: SessionCallback | undefined): Promise<void> | void;
  #inTurn(operation: () => Promise<void>, callback?: SessionCallback): Promise<void> | void {
    this.#state.wasRead = true;
    this.#operations ??= new OneAtATime();
    return answer(this.#operations.run(operation), callback);
  }
}

async function destroy(state: SessionState): Promise<void> {
  const identity = state.persisted?.identity ?? state.unreachable;
  await destroyOthers(state, identity);
  if (state.readOnly !== undefined) await endSuccessor(state, state.readOnly);
  else if (identity !== undefined) await destroySession(state.context, identity, 'asked', state.persisted?.stored.ttlSeconds);
  state.persisted = undefined;
  state.readOnly = undefined;
  state.unreachable = undefined;
  state.data = {};
  state.destroyed = true;
  state.cookie = state.cookieCame ? 'clear' : undefined;
}

/** Ends what the browser's other cookies of this name are good for, or the next request would be logged in by one of them. */
async function destroyOthers(state: SessionState, own: Identity | undefined): Promise<void> {
  const others = state.came.filter(({ key }) => key !== own?.key);
  await Promise.all(others.map((other) => destroySession(state.context, other, 'asked')));
  state.came = [];
}

/** A logout that was on its way with the old id ends the session under its new one. */
async function endSuccessor({ context, persisted }: SessionState, successor: string): Promise<void> {
  const key = await newestKey(context, successor);
  if (key !== undefined) await destroySession(context, { key }, 'asked');
  if (persisted !== undefined) await endGrace(context, persisted.identity.key);
}

async function save(state: SessionState): Promise<void> {
  if (state.destroyed) throw gone();
  const text = state.encoded();
  if (state.persisted !== undefined) {
    if (text === state.persisted.text) return;
    if (state.readOnly !== undefined) throw readOnly();
    await state.told('asked', state.replace(state.persisted, text));
  } else if (text !== state.context.codec.empty) {
    if (state.headersSent) throw late('the cookie of a new session');
    await state.told('asked', state.create(text));
  }
}

async function reload(state: SessionState): Promise<void> {
  if (state.destroyed) throw gone();
  const identity = state.persisted?.identity ?? state.unreachable;
  const outcome = identity === undefined ? undefined : await loadOne(state.context, identity);
  if (outcome?.kind === 'unavailable') throw outcome.error;
  if (outcome?.kind === 'found') state.reloaded(outcome.persisted, outcome.data, outcome.readOnly);
  else if (state.persisted !== undefined) throw gone();
  else state.replaceData({});
  state.unreachable = undefined;
}
