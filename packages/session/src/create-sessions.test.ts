import { describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, otherServer, SECRET } from '../test/visit.ts';
import { cookieSigner } from './cookie/cookie-signature.ts';
import { createSessions } from './create-sessions.ts';
import { memoryStore } from './stores/memory-store.ts';
import { newSessionId } from './cookie/session-id.ts';

const CONNECTION = { secure: true, response: { headersSent: false } };
const NAME = '__Host-sess';

describe('a visitor without a session', () => {
  it('costs no I/O, stores nothing and gets no cookie, a million times over if need be', async () => {
    const app = application();
    for (let visit = 0; visit < 1_000; visit++) {
      const session = app.sessions.open(undefined, CONNECTION);
      if (session instanceof Promise) throw new Error('something was asked');
      expect(session.current.data).toEqual({});
      expect(session.current.isNew).toBe(true);
      expect(session.commit()).toBeUndefined();
      expect(session.takeCookie()).toBeUndefined();
    }
    expect(app.store.operations).toEqual([]);
  });

  it('is remembered once there is data', async () => {
    const app = application();
    const browser = new Browser(app);
    await browser.visit((session) => void (session.data.cart = ['sku-1']));
    expect(app.store.operations).toEqual(['save']);
    expect(browser.setCookie).toMatch(/^__Host-sess=[\w-]{32}\.[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(await browser.visit((session) => [session.isNew, session.data.cart])).toEqual([false, ['sku-1']]);
  });
});

describe('a cookie', () => {
  it.each([
    ['nothing', ''],
    ['an id without a signature', newSessionId()],
    ['a signature of another secret', cookieSigner(['another secret of thirty-two bytes']).sign(NAME, newSessionId())],
    ['a signature for another cookie', cookieSigner([SECRET]).sign('sess', newSessionId())],
    ['a truncated value', cookieSigner([SECRET]).sign(NAME, newSessionId()).slice(0, -1)],
    ['an endless value', 'x'.repeat(100_000)],
    ['a command for memcached', 'a\r\nflush_all\r\n'],
  ])('that holds %s costs no I/O, and a new session begins', (_, value) => {
    const app = application();
    expect(app.sessions.open(`${NAME}=${value}`, CONNECTION)).not.toBeInstanceOf(Promise);
    expect(app.store.operations).toEqual([]);
  });

  it('with an id that the store does not know is never adopted', async () => {
    const app = application();
    const id = newSessionId();
    const browser = new Browser(app, [[NAME, cookieSigner([SECRET]).sign(NAME, id)]]);
    await browser.visit((session) => {
      expect(session.isNew).toBe(true);
      session.data.user = 'USER_123';
      expect(session.id).not.toBe(id);
    });
    expect(app.store.operations).toEqual(['load', 'save']);
    expect(browser.cookies.get(NAME)).not.toContain(id);
  });

  it('is not cleared on a miss: a slow request must not clear the cookie that a faster one set', async () => {
    const app = application();
    const browser = new Browser(app, [[NAME, cookieSigner([SECRET]).sign(NAME, newSessionId())]]);
    await browser.visit(() => {});
    expect(browser.setCookie).toBeUndefined();
  });

  it('that stands behind a planted one of the same name is found', async () => {
    const { app, browser } = await loggedIn();
    const own = browser.cookieHeader;
    const unknown = `${NAME}=${cookieSigner([SECRET]).sign(NAME, newSessionId())}`;
    for (const header of [`${NAME}=planted; ${own}`, `${unknown}; ${own}`, `${own}; ${unknown}`]) {
      const session = await app.sessions.open(header, CONNECTION);
      expect(session.current.data.user).toBe('USER_123');
    }
  });

  it('of a plain connection is no good on a secure one, nor the other way round', async () => {
    const { app, browser } = await loggedIn({ secure: 'auto' });
    const value = browser.cookies.get(NAME);
    expect((await app.sessions.open(`sess=${value}`, CONNECTION)).current.isNew).toBe(true);
    expect((await app.sessions.open(`sess=${value}`, { ...CONNECTION, secure: false })).current.isNew).toBe(true);
    expect((await app.sessions.open(`${NAME}=${value}`, CONNECTION)).current.isNew).toBe(false);
  });
});

describe('rotation of secrets', () => {
  it('keeps sessions, and signs their cookie anew when the store has confirmed them', async () => {
    const { app, browser } = await loggedIn();
    const rotated = otherServer(app, { secret: ['a newer secret of thirty-two bytes!', SECRET] });
    const later = new Browser({ sessions: rotated }, browser.cookies);
    app.store.forget();
    expect(await later.visit((session) => session.data.user)).toBe('USER_123');
    expect(app.store.operations).toEqual(['load', 'touch']);
    const withoutOld = otherServer(app, { secret: 'a newer secret of thirty-two bytes!' });
    expect(await new Browser({ sessions: withoutOld }, later.cookies).visit((session) => session.data.user)).toBe(
      'USER_123',
    );
    expect(await new Browser({ sessions: withoutOld }, browser.cookies).visit((session) => session.isNew)).toBe(true);
  });
});

describe('what createSessions opens and closes', () => {
  it('leaves open the store that it was given', async () => {
    const store = memoryStore();
    await createSessions({ store, secret: SECRET }).close();
    await expect(store.load('key')).resolves.toBeUndefined();
  });

  it('is ready at once with a store that always is', async () => {
    await expect(createSessions({ store: memoryStore(), secret: SECRET }).ready()).resolves.toBeUndefined();
  });
});
