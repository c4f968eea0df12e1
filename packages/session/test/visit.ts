import { parseSetCookie } from 'cookie';
import { createSessions } from '../src/create-sessions.ts';
import { SessionError } from '../src/errors.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { SessionStore } from '../src/stores/session-store.ts';
import type { Connection, RequestSession, ResponseFacts, Session, SessionData, Sessions } from '../src/session.ts';
import { interceptedStore, type InterceptedStore } from './intercepted-store.ts';

declare module '../src/session.ts' {
  interface SessionData {
    user?: string;
    cart?: string[];
    visits?: number;
    note?: unknown;
  }
}

export const SECRET = 'a secret of at least thirty-two bytes';

/** An application without a framework; a test moves its clock. */
export interface Application {
  readonly sessions: Sessions;
  readonly store: InterceptedStore;
  readonly now: () => number;
  passSeconds(seconds: number): void;
}

export function application(options: Partial<SessionsOptions> = {}, tellsTtl = true): Application {
  let time = Date.UTC(2026, 0, 1);
  const now = (): number => time;
  const store = interceptedStore(memoryStore({ now }), tellsTtl);
  const sessions = createSessions({
    store,
    secret: SECRET,
    ttlSeconds: 3_600,
    secure: true,
    now,
    log: () => {},
    ...options,
  });
  return { sessions, store, now, passSeconds: (seconds) => (time += seconds * 1_000) };
}

/** Another application server, on the same store. */
export function otherServer(
  { store, now }: { readonly store: SessionStore; readonly now: () => number },
  options: Partial<SessionsOptions> = {},
): Sessions {
  return createSessions({ store, secret: SECRET, ttlSeconds: 3_600, secure: true, now, log: () => {}, ...options });
}

/** A browser: keeps the cookies that responses set. */
export class Browser {
  readonly #sessions: Sessions;
  readonly #cookies = new Map<string, string>();
  /** The last response's `Set-Cookie`. */
  setCookie: string | undefined;

  constructor({ sessions }: Pick<Application, 'sessions'>, cookies: Iterable<readonly [string, string]> = []) {
    this.#sessions = sessions;
    for (const [name, value] of cookies) this.#cookies.set(name, value);
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  get cookieHeader(): string | undefined {
    return this.#cookies.size === 0
      ? undefined
      : [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Another browser with the same cookies: a second request in flight, or a thief. */
  copy(): Browser {
    return new Browser({ sessions: this.#sessions }, this.#cookies);
  }

  /** One request: opens the session, runs the handler, commits, and takes the cookie. */
  async visit<T>(handler: (session: Session) => T | Promise<T>): Promise<T> {
    const session = await this.open();
    const result = await handler(session);
    await this.close(session);
    return result;
  }

  /** The session as the application gets it. The same object also has the methods that an adapter needs. */
  async open(response: Connection['response'] = { headersSent: false }): Promise<Session & RequestSession> {
    const { current } = await this.#sessions.open(this.cookieHeader, { secure: true, response });
    return current as Session & RequestSession;
  }

  async close(session: RequestSession, response?: ResponseFacts): Promise<void> {
    try {
      await session.commit(response);
    } finally {
      this.setCookie = session.takeCookie(response);
      if (this.setCookie !== undefined) this.#accept(this.setCookie);
    }
  }

  #accept(header: string): void {
    const { name, value, maxAge } = parseSetCookie(header);
    if (maxAge === 0) this.#cookies.delete(name);
    else this.#cookies.set(name, value ?? '');
  }
}

const VISITOR: SessionData = { user: 'USER_123' };

/** An application and a browser with a session that holds `data`; its store forgets what that took. */
export async function loggedIn(
  options: Partial<SessionsOptions> = {},
  { data = VISITOR, tellsTtl = true }: { readonly data?: SessionData; readonly tellsTtl?: boolean } = {},
): Promise<{ app: Application; browser: Browser }> {
  const app = application(options, tellsTtl);
  const browser = new Browser(app);
  await browser.visit((session) => void (session.data = { ...data }));
  app.store.forget();
  return { app, browser };
}

export function outage(): never {
  throw new SessionError('SESS_UNAVAILABLE', 'no node is in reach');
}
