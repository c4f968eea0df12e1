import { Browser } from '@sess/conformance';
import { memoryStore, SessionError, type SessionsOptions, type SessionStore } from '@sess/session';

import type { AdapterApp, AdapterAppOptions, AdapterSubject } from './subject.ts';

const SECRET = 'a secret of at least thirty-two bytes';
export const TTL_SECONDS = 3_600;

/** Starts an application with these routes. */
export type Open = (routes: AdapterAppOptions['routes'], options?: Parameters<typeof AdapterBench.open>[2]) => Promise<AdapterBench>;

/** One application of an adapter over a store in memory, whose clock the test moves. */
export class AdapterBench implements AsyncDisposable {
  readonly app: AdapterApp;
  readonly store: TestStore;
  readonly #clock: { now: number };

  private constructor(app: AdapterApp, store: TestStore, clock: { now: number }) {
    this.app = app;
    this.store = store;
    this.#clock = clock;
  }

  static async open(
    subject: AdapterSubject,
    routes: AdapterAppOptions['routes'],
    { last, ...options }: Partial<SessionsOptions> & Pick<AdapterAppOptions, 'last'> = {},
  ): Promise<AdapterBench> {
    const clock = { now: Date.now() };
    const now = (): number => clock.now;
    const store = testStore(now);
    const sessions = { store, secret: SECRET, ttlSeconds: TTL_SECONDS, secure: false, now, ...options };
    const app = await subject.start({ sessions, routes: { ...ROUTES, ...routes }, last });
    return new AdapterBench(app, store, clock);
  }

  browser(): Browser {
    return new Browser(this.app.origin);
  }

  /** A visitor who is logged in. */
  async loggedIn(): Promise<Browser> {
    const browser = this.browser();
    await browser.json('/login');
    return browser;
  }

  passSeconds(seconds: number): void {
    this.#clock.now += seconds * 1_000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
  }
}

const ROUTES: AdapterAppOptions['routes'] = {
  '/login': async ({ session }) => {
    await session.regenerate();
    session.data.user = 'USER_123';
    return {};
  },
  '/user': ({ session }) => ({ user: session.data.user ?? null, note: session.data.note ?? null }),
  '/plain': () => ({}),
};

/** A store whose operations fail while `down` is true, and wait for `gate` where there is one. */
export type TestStore = SessionStore & { down: boolean; gate: Promise<void> | undefined };

function testStore(now: () => number): TestStore {
  const store = memoryStore({ now });
  const guard = <T extends unknown[], R>(operation: (...given: T) => Promise<R>) => {
    return async (...given: T): Promise<R> => {
      await failing.gate;
      if (failing.down) throw new SessionError('SESS_UNAVAILABLE', 'no node is in reach');
      return operation(...given);
    };
  };
  const failing: TestStore = {
    name: 'test',
    down: false,
    gate: undefined,
    load: guard(store.load.bind(store)),
    save: guard(store.save.bind(store)),
    touch: guard(store.touch.bind(store)),
    destroy: guard(store.destroy.bind(store)),
    ofUser: guard(async (user) => (await store.ofUser?.(user)) ?? []),
    close: () => store.close(),
  };
  return failing;
}
