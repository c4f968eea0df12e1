import { Browser, failingStore, type FailingStore } from '@sess/conformance';
import type { SessionsOptions } from '@sess/session';
import type { AdapterApp, AdapterAppOptions, AdapterSubject } from './subject.ts';

export const SECRET = 'a secret of at least thirty-two bytes';
export const TTL_SECONDS = 3_600;

/** Starts an application with these routes. */
export type Open = (
  routes: AdapterAppOptions['routes'],
  options?: Parameters<typeof AdapterBench.open>[2],
) => Promise<AdapterBench>;

/** One application of an adapter over a store in memory, whose clock the test moves. */
export class AdapterBench implements AsyncDisposable {
  readonly app: AdapterApp;
  readonly store: FailingStore;
  readonly #clock: { now: number };

  private constructor(app: AdapterApp, store: FailingStore, clock: { now: number }) {
    this.app = app;
    this.store = store;
    this.#clock = clock;
  }

  static async open(
    subject: AdapterSubject,
    routes: AdapterAppOptions['routes'],
    {
      last,
      asksForUser,
      trustProxy,
      ...options
    }: Partial<SessionsOptions> & Pick<AdapterAppOptions, 'last' | 'asksForUser' | 'trustProxy'> = {},
  ): Promise<AdapterBench> {
    const clock = { now: Date.now() };
    const now = (): number => clock.now;
    const store = failingStore(now);
    const sessions = { store, secret: SECRET, ttlSeconds: TTL_SECONDS, secure: false, now, ...options };
    const app = await subject.start({ sessions, routes: { ...ROUTES, ...routes }, last, asksForUser, trustProxy });
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
