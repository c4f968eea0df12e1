import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { application, Browser, outage } from '../../test/visit.ts';
import type { RequestSession, Session } from '../session.ts';

/** The session as libraries for other session packages see it. */
type Loose = Record<string, unknown>;

const loose = (session: object): Loose => session as Loose;

async function visit<T>(
  browser: Browser,
  handle: (session: Loose & Session & RequestSession) => T | Promise<T>,
): Promise<T> {
  return (await browser.visit((session) => handle(session as Loose & Session & RequestSession))) as T;
}

const LIBRARIES = [
  'passport',
  'messages',
  'returnTo',
  'secret',
  'flash',
  'csrfSecret',
  'csrfToken',
  'oauth',
  'grant',
  '_csrf',
  'oauth2:login.example.org',
  'openid-connect',
];

describe('a property that a library has in the session', () => {
  it.each(LIBRARIES)('is data, and can be deleted: %s', async (name) => {
    const browser = new Browser(application());
    await visit(browser, (session) => {
      expect([session[name], name in session]).toEqual([undefined, false]);
      session[name] = { user: 'USER_123' };
      expect([session.get(name), session[name], name in session]).toEqual([
        { user: 'USER_123' },
        { user: 'USER_123' },
        true,
      ]);
    });
    await visit(browser, (session) => {
      expect(session.data).toEqual({ [name]: { user: 'USER_123' } });
      (session[name] as Loose)['user'] = 'USER_456';
    });
    await visit(browser, (session) => {
      expect(session[name]).toEqual({ user: 'USER_456' });
      expect(delete session[name]).toBe(true);
      session.set('other', 1);
    });
    expect(await visit(browser, (session) => [name in session, session.data])).toEqual([false, { other: 1 }]);
  });

  it('is listed with all other data, and can be copied', async () => {
    await visit(new Browser(application()), (session) => {
      Object.assign(session.data, { cart: ['sku-1'], passport: { user: 1 } });
      expect(Object.keys(session)).toEqual(['cart', 'passport']);
      expect({ ...session }).toEqual({ cart: ['sku-1'], passport: { user: 1 } });
      Object.defineProperty(session, 'flash', { value: 'saved' });
      expect(session.data).toHaveProperty('flash', 'saved');
    });
  });

  it('is an error while the session is out of reach, not an anonymous visitor', async () => {
    const app = application();
    const browser = new Browser(app);
    await visit(browser, (session) => void (session['passport'] = { user: 'USER_123' }));
    app.store.beforeEach('load', outage);
    const session = loose(await browser.open());
    for (const use of [
      () => session['passport'],
      () => 'passport' in session,
      () => (session['passport'] = {}),
      () => delete session['passport'],
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'SESS_UNAVAILABLE' }));
    }
    expect(Object.keys(session)).toEqual([]);
    expect(session['then']).toBeUndefined();
  });
});

describe('a property that no library has', () => {
  it.each(['userId', 'user', 'cart', 'größe', '$user', 'isAdmin'])(
    'can not be set, and the error says where data belongs: %s',
    async (name) => {
      await visit(new Browser(application()), (session) => {
        const slips = [
          () => (session[name] = 1),
          () => Object.assign(session, { [name]: 1 }),
          () => Object.defineProperty(session, name, { value: 1 }),
        ];
        for (const slip of slips) {
          expect(slip).toThrow(
            expect.objectContaining({
              code: 'SESS_BAD_DATA',
              message: expect.stringContaining(`use session.data.${name}, or session.set(`),
            }),
          );
        }
        expect(session.data).toEqual({});
        session.set(name, 1);
        expect([session[name], delete session[name], session.data]).toEqual([1, true, {}]);
      });
    },
  );

  it.each(['id', 'isNew', 'expiresAt', 'save', 'regenerate', 'constructor', '__proto__', 'toString', 'wasRead'])(
    'is a member of its own: %s',
    async (name) => {
      await visit(new Browser(application()), (session) => {
        expect(delete session[name]).toBe(true);
        expect(() => (session[name] = {})).toThrow(
          expect.objectContaining({ code: 'SESS_BAD_DATA', message: `session.${name} can not be set` }),
        );
      });
    },
  );

  it('is no symbol', async () => {
    await visit(new Browser(application()), (session) => {
      expect(() => Object.assign(session, { [Symbol('tag')]: 1 })).toThrow('session.Symbol(tag) can not be set');
    });
  });
});

describe('a session that was regenerated', () => {
  it('is another object, to which a library carries over what was there before, as Passport does', async () => {
    const browser = new Browser(application());
    await visit(
      browser,
      (session) =>
        void Object.assign(session.data, { cart: ['sku-1'], returnTo: '/cart', passport: { user: 'USER_1' } }),
    );
    await visit(browser, async (before) => {
      await before.regenerate();
      const after = loose(before.current) as Loose & Session & RequestSession;
      expect(after).not.toBe(before);
      expect([after.id, after.data, after['passport'], Object.keys(after)]).toEqual([before.id, {}, undefined, []]);
      // oxlint-disable-next-line guard-for-in -- as Passport does it
      for (const name in before) after[name] = before[name];
      after['passport'] = { user: 'USER_2' };
      await after.save();
    });
    expect(await visit(browser, (session) => session.data)).toEqual({
      cart: ['sku-1'],
      returnTo: '/cart',
      passport: { user: 'USER_2' },
    });
  });

  it('carries nothing over by itself, nor what had another value', async () => {
    const browser = new Browser(application());
    await visit(browser, (session) => void Object.assign(session.data, { role: 'admin' }));
    await visit(browser, async (before) => {
      await before.regenerate();
      const after = loose(before.current);
      expect(() => (after['role'] = 'owner')).toThrow(expect.objectContaining({ code: 'SESS_BAD_DATA' }));
      expect(before.data).toEqual({});
    });
    expect(await visit(browser, (session) => session.data)).toEqual({});
  });

  it('can be regenerated by either object, again and again', async () => {
    const browser = new Browser(application());
    await visit(browser, async (first) => {
      first.data = { count: 1 } as object;
      await first.regenerate({ keep: true });
      expect(first.current).toBe(first);
      await first.regenerate();
      const second = first.current as Session & RequestSession;
      second.data = { count: 2 } as object;
      await first.regenerate();
      const third = first.current as Session & RequestSession;
      expect([second.current, third.current]).toEqual([third, third]);
      expect([{ ...first }, { ...second }, { ...third }]).toEqual([{ count: 1 }, { count: 2 }, {}]);
      await Promise.all([
        first.update((data) => Object.assign(data, { a: 1 })),
        third.update((data) => Object.assign(data, { b: 2 })),
      ]);
    });
    expect(await visit(browser, (session) => session.data)).toEqual({ a: 1, b: 2 });
  });
});

it('shows none of its data in a log', async () => {
  await visit(new Browser(application()), (session) => {
    session.data = { passport: { user: 'USER_123' } } as object;
    expect(JSON.stringify({ session })).toBe('{"session":{}}');
    // Node.js 26 and later show a proxy as one.
    expect(inspect(session)).toMatch(/^(?:Proxy\()?ActiveSession \{\}\)?$/);
  });
});
