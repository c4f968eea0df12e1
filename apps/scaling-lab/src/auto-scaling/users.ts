import type { AppServer } from './strategies.ts';

declare module '@sess/session' {
  interface SessionData {
    labUser?: number;
  }
}

/** Each visit is a separate request. */
const CONNECTION = { secure: false, response: { headersSent: false } } as const;

type Found = 'in' | 'out' | 'unavailable';

/** The results for all users. */
export interface UserCount {
  readonly users: number;
  /** Users who had to log in again, at least once. */
  readonly loggedOut: number;
  /** Users who logged out, but whose old cookie still opens their session. */
  readonly revived: number;
  readonly left: number;
  readonly visits: number;
  /** Visits and logouts that failed: the session was out of reach. */
  readonly failed: number;
}

/** Logged-in users, and their visits to the application servers. */
export class Users {
  readonly #apps: () => readonly AppServer[];
  readonly #cookies: string[] = [];
  /** Cookies of users whose logout was acknowledged. */
  readonly #left: string[] = [];
  readonly #loggedOut = new Set<number>();
  #visits = 0;
  #failed = 0;

  constructor(apps: () => readonly AppServer[]) {
    this.#apps = apps;
  }

  async logIn(count: number): Promise<void> {
    for (let user = 0; user < count; user += 1) this.#cookies.push(await this.#openNew(user));
  }

  /** One more user logs in and out again. */
  async logOutOne(): Promise<void> {
    try {
      const cookie = await this.#openNew(-1);
      const opened = await this.#app.sessions.open(cookie, CONNECTION);
      await opened.current.destroy();
      await opened.commit();
      this.#left.push(cookie);
    } catch {
      // The logout was not acknowledged.
      this.#failed += 1;
    }
  }

  visitOfSomebody(): Promise<void> {
    return this.visit(Math.floor(Math.random() * this.#cookies.length));
  }

  async visit(user: number): Promise<void> {
    this.#visits += 1;
    const found = await this.#look(this.#cookies[user] ?? '', user);
    if (found === 'unavailable') this.#failed += 1;
    if (found === 'out') this.#loggedOut.add(user);
  }

  /** Every user visits once, and each user who logged out tries the old cookie. */
  async count(): Promise<UserCount> {
    for (const user of this.#cookies.keys()) await this.visit(user);
    let revived = 0;
    for (const cookie of this.#left) if ((await this.#look(cookie, -1)) === 'in') revived += 1;
    return {
      users: this.#cookies.length,
      loggedOut: this.#loggedOut.size,
      revived,
      left: this.#left.length,
      visits: this.#visits,
      failed: this.#failed,
    };
  }

  async #look(cookie: string, user: number): Promise<Found> {
    try {
      const opened = await this.#app.sessions.open(cookie, CONNECTION);
      const found = opened.current.data.labUser === user ? 'in' : 'out';
      await opened.commit();
      return found;
    } catch {
      return 'unavailable';
    }
  }

  async #openNew(user: number): Promise<string> {
    const opened = await this.#app.sessions.open(undefined, CONNECTION);
    await opened.current.regenerate();
    opened.current.data.labUser = user;
    await opened.commit();
    return (opened.takeCookie() ?? '').split(';')[0] ?? '';
  }

  get #app(): AppServer {
    const apps = this.#apps();
    const app = apps[Math.floor(Math.random() * apps.length)];
    if (app === undefined) throw new Error('no application server runs');
    return app;
  }
}
