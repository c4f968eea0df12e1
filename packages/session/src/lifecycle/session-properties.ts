import { SessionError } from '../errors.ts';
import { own, setOwn, type PlainObject } from './merge-data.ts';
import type { Session, SessionData } from '../session.ts';
import type { SessionState } from './session-state.ts';

/**
 * The session as applications and their libraries get it: besides its own members it has the properties of its data.
 *
 * Code written for other session libraries keeps data in the session itself: `session.passport`, `delete
 * session.returnTo`, `Object.keys(session)`. Applications use `session.data`. Code that forgets `data` gets an error,
 * because only names that libraries use can be set.
 */
export function withProperties(session: Session, state: SessionState): Session {
  return new Proxy(session, new Properties(state));
}

class Properties implements ProxyHandler<Session> {
  readonly #state: SessionState;
  /**
   * How often the session had been regenerated when this object was made. An older object still shows the data of its
   * time.
   */
  readonly #generation: number;

  constructor(state: SessionState) {
    this.#state = state;
    this.#generation = state.earlier.length;
  }

  get(target: Session, name: string | symbol): unknown {
    // The most frequent property.
    if (name === 'data') return target.data;
    if (typeof name === 'symbol' || name in target) return member(target, name);
    if (!this.has(target, name)) return undefined;
    return own(this.#shown(), name);
  }

  set(target: Session, name: string | symbol, value: unknown): boolean {
    if (name === 'data') {
      target.data = value as SessionData;
      return true;
    }
    if (typeof name === 'symbol' || name in target) throw refused(`session.${String(name)} can not be set`);
    if (!isLibraryName(name) && !this.#isCarriedOver(name, value)) throw slip(name);
    setOwn(this.#state.dataInUse(), name, value);
    return true;
  }

  deleteProperty(target: Session, name: string | symbol): boolean {
    if (typeof name === 'string' && !(name in target) && this.has(target, name))
      setOwn(this.#state.dataInUse(), name, undefined);
    return true;
  }

  has(target: Session, name: string | symbol): boolean {
    if (name in target) return true;
    if (typeof name === 'symbol') return false;
    // A library's read counts as use of the data: with the store out of reach it must throw, not show an anonymous
    // visitor.
    if (isLibraryName(name)) this.#state.dataInUse();
    return this.#holds(name);
  }

  ownKeys(): string[] {
    return this.#isKnown() ? Object.keys(this.#shown()) : [];
  }

  getOwnPropertyDescriptor(_target: Session, name: string | symbol): PropertyDescriptor | undefined {
    if (typeof name === 'symbol' || !this.#holds(name)) return undefined;
    return { value: own(this.#shown(), name), writable: true, enumerable: true, configurable: true };
  }

  defineProperty(target: Session, name: string | symbol, { value }: PropertyDescriptor): boolean {
    return this.set(target, name, value);
  }

  preventExtensions(): boolean {
    return false;
  }

  #holds(name: string): boolean {
    if (!this.#isKnown()) return false;
    const { data, earlier } = this.#state;
    return Object.hasOwn(data, name) || Object.hasOwn(earlier[this.#generation] ?? {}, name);
  }

  #isKnown(): boolean {
    return this.#state.unreachable?.policy !== 'error';
  }

  #shown(): PlainObject {
    const data = this.#state.dataInUse() as PlainObject;
    const earlier = this.#state.earlier[this.#generation];
    return earlier === undefined ? data : { ...earlier, ...data };
  }

  /** Passport's `keepSessionInfo` copies each property of the session before the login to the one after it. */
  #isCarriedOver(name: string, value: unknown): boolean {
    return this.#state.earlier.some((data) => Object.hasOwn(data, name) && own(data as PlainObject, name) === value);
  }
}

/**
 * A member of the session itself. The proxy lacks its private fields, so methods and accessors must run on the session.
 */
function member(session: Session, name: string | symbol): unknown {
  const value: unknown = Reflect.get(session, name, session);
  const isMethod =
    typeof value === 'function' &&
    name !== 'constructor' &&
    Object.hasOwn(Object.getPrototypeOf(session) as object, name);
  return isMethod ? value.bind(session) : value;
}

/** Names that libraries use and applications are unlikely to. */
const LIBRARY_NAMES: ReadonlySet<string> = new Set([
  // passport, koa-passport
  'passport',
  'messages',
  'returnTo',
  // passport-oauth1; passport-oauth2 and others append a host: "oauth2:example.org"
  'oauth',
  'grant',
  // koa-csrf, csurf; @fastify/csrf-protection has "_csrf"
  'secret',
  'csrfSecret',
  // csrf-sync
  'csrfToken',
  // connect-flash and similar
  'flash',
]);

/**
 * A name that starts with an underscore or can't follow a dot belongs to a library too: nobody types it by forgetting
 * `data`.
 */
const WRITTEN_BEHIND_A_DOT = /^[\p{ID_Start}$][\p{ID_Continue}$]*$/u;

function isLibraryName(name: string): boolean {
  return LIBRARY_NAMES.has(name) || !WRITTEN_BEHIND_A_DOT.test(name);
}

function slip(name: string): SessionError {
  return refused(
    `session.${name} can not be set, because it would not be kept: use session.data.${name}, or session.set("${name}", value)`,
  );
}

function refused(message: string): SessionError {
  return new SessionError('SESS_BAD_DATA', message);
}
