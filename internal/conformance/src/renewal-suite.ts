import type { Session, Sessions, SessionsOptions } from '@sess/session';
import { createSessions } from '@sess/session';
import { describe, expect, it } from 'vitest';

/** A session storage, for two application servers. */
export interface RenewalSubject {
  readonly name: string;
  readonly isSkipped?: boolean;
  readonly open: () => Promise<RenewalServers>;
}

interface RenewalServers extends AsyncDisposable {
  /** The options of `createSessions` of each server. */
  readonly servers: readonly [Partial<SessionsOptions>, Partial<SessionsOptions>];
  /** Called between requests, for example to lose what only a cache holds. */
  readonly between?: () => void;
}

interface Data {
  user?: string;
  cart?: string[];
  note?: unknown;
}

const RENEW_AFTER_SECONDS = 60;
const TIMEOUT_MS = 60_000;

/**
 * Declares vitest tests of replaced ids: by a renewal, by a login, by two at once. The entry under the old id is stored
 * like a session.
 */
export function renewalConformance({ name, isSkipped = false, open }: RenewalSubject): void {
  describe.runIf(!isSkipped)(`ids that are replaced, with sessions in ${name}`, { timeout: TIMEOUT_MS }, () => {
    it('lead to the session until the new one was used, on every server, and are dead afterwards', async () => {
      await using bench = await Bench.of(open);
      const visitor = bench.visitor();
      await visitor.visit(0, (data) => Object.assign(data, { user: 'USER_123', cart: ['sku-1'] }));
      bench.passSeconds(RENEW_AFTER_SECONDS + 1);
      const deaf = visitor.copy();
      await visitor.visit(0, () => {});
      expect(visitor.cookie).not.toBe(deaf.cookie);
      // The response was lost: the browser sends the old id, and changes the session.
      const old = deaf.copy();
      await deaf.visit(1, (data) => void (data.note = 'kept'));
      expect(deaf.cookie).toBe(visitor.cookie);
      expect(await visitor.visit(1, (data) => data)).toEqual({ user: 'USER_123', cart: ['sku-1'], note: 'kept' });
      for (const server of [0, 1]) expect(await old.copy().visit(server, (data) => data)).toEqual({});
      expect(await visitor.visit(0, (data) => data.user)).toBe('USER_123');
    });

    it('end with the session, whichever of the two a logout comes with', async () => {
      await using bench = await Bench.of(open);
      for (const which of ['old', 'new'] as const) {
        const visitor = bench.visitor();
        await visitor.visit(0, (data) => void (data.user = 'USER_123'));
        bench.passSeconds(RENEW_AFTER_SECONDS + 1);
        const old = visitor.copy();
        await visitor.visit(0, () => {});
        await (which === 'old' ? old.copy() : visitor.copy()).visit(1, (_, session) => session.destroy());
        for (const either of [old, visitor])
          expect([which, await either.copy().visit(0, (data) => data)]).toEqual([which, {}]);
      }
    });

    it('are dead after a login, which leaves nothing behind under them but for the second of two at once', async () => {
      await using bench = await Bench.of(open);
      const visitor = bench.visitor();
      await visitor.visit(0, (data) => void (data.cart = ['sku-1']));
      const old = visitor.copy();
      const [one, two] = [visitor.copy(), visitor.copy()];
      await Promise.all([one.visit(0, login), two.visit(1, login)]);
      for (const each of [one, two])
        expect(await each.visit(1, (data) => data)).toEqual({ cart: ['sku-1'], user: 'USER_123' });
      for (const server of [0, 1]) expect(await old.copy().visit(server, (data) => data)).toEqual({});
    });
  });
}

async function login(_: Data, session: Session): Promise<void> {
  await session.regenerate({ keep: ['cart'] });
  session.set('user', 'USER_123');
}

class Bench implements AsyncDisposable {
  readonly #opened: RenewalServers;
  readonly #clock: { passed: number };
  readonly sessions: readonly Sessions[];

  private constructor(opened: RenewalServers, clock: { passed: number }, sessions: readonly Sessions[]) {
    this.#opened = opened;
    this.#clock = clock;
    this.sessions = sessions;
  }

  static async of(open: RenewalSubject['open']): Promise<Bench> {
    const opened = await open();
    const clock = { passed: 0 };
    const common = {
      secret: 'a secret of at least thirty-two bytes',
      secure: true,
      renewAfterSeconds: RENEW_AFTER_SECONDS,
    } as const;
    const now = (): number => Date.now() + clock.passed;
    const sessions = opened.servers.map((options) => createSessions({ ...common, now, ...options }));
    return new Bench(opened, clock, sessions);
  }

  visitor(): Visitor {
    return new Visitor(this.sessions, this.#opened.between);
  }

  passSeconds(seconds: number): void {
    this.#clock.passed += seconds * 1_000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.sessions.map((sessions) => sessions.close()));
    await this.#opened[Symbol.asyncDispose]();
  }
}

/** Keeps its cookie from one request to the next. */
class Visitor {
  readonly #sessions: readonly Sessions[];
  readonly #between: (() => void) | undefined;
  cookie: string | undefined;

  constructor(sessions: readonly Sessions[], between: (() => void) | undefined, cookie?: string) {
    this.#sessions = sessions;
    this.#between = between;
    this.cookie = cookie;
  }

  copy(): Visitor {
    return new Visitor(this.#sessions, this.#between, this.cookie);
  }

  /** One request to one of the servers. */
  async visit<T>(server: number, handler: (data: Data, session: Session) => T | Promise<T>): Promise<T> {
    this.#between?.();
    const opened = await this.#sessions[server]?.open(this.cookie, { secure: true, response: { headersSent: false } });
    if (opened === undefined) return expect.unreachable();
    const result = await handler(opened.current.data, opened.current);
    await opened.commit();
    const line = opened.takeCookie();
    if (line !== undefined) this.cookie = line.includes('Max-Age=0') ? undefined : line.split(';')[0];
    return result;
  }
}
