import { describe, expect, it } from 'vitest';
import { application, Browser, otherServer, SECRET } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';
import type { Session } from '../session.ts';

const NEW_SECRET = 'another secret of thirty-two bytes or more';

/** A visitor who logged in `seconds` ago. */
async function loggedIn(options: Partial<SessionsOptions>, seconds = 0) {
  const app = application(options);
  const browser = new Browser(app);
  await browser.visit((session) => void (session.data.user = 'USER_123'));
  const id = await browser.visit((session) => session.id);
  app.passSeconds(seconds);
  app.store.forget();
  return { app, browser, id };
}

/** One request whose response a shared cache may store. */
async function visitCacheable(
  browser: Browser,
  handler: (session: Session) => unknown = () => undefined,
): Promise<string | undefined> {
  const session = await browser.open();
  await handler(session);
  await browser.close(session, { cacheable: true });
  return browser.setCookie;
}

describe('with a response that a shared cache may store', () => {
  it('a renewal waits for another response, and the visitor keeps the id that works', async () => {
    const { app, browser, id } = await loggedIn({ renewAfterSeconds: 60 }, 60);
    expect(await visitCacheable(browser, (session) => session.data.user)).toBeUndefined();
    expect(app.store.operations).toEqual(['load']);
    expect(await browser.visit((session) => [session.id, session.data.user])).toEqual([id, 'USER_123']);
    expect(browser.setCookie).toContain('__Host-sess=');
    expect(await browser.visit((session) => [session.id === id, session.data.user])).toEqual([false, 'USER_123']);
  });

  it('a change is saved under the same id where a renewal is due', async () => {
    const { browser, id } = await loggedIn({ renewAfterSeconds: 60 }, 60);
    expect(await visitCacheable(browser, (session) => void (session.data.note = 1))).toBeUndefined();
    expect(await browser.copy().visit((session) => [session.id, session.data.note])).toEqual([id, 1]);
  });

  it('the touch of a persistent cookie waits, so that the next response brings both', async () => {
    const { app, browser } = await loggedIn({ cookie: { persistent: true } }, 1_800);
    expect(await visitCacheable(browser)).toBeUndefined();
    expect(app.store.operations).toEqual(['load']);
    await browser.visit((session) => session.data);
    expect(browser.setCookie).toContain('Max-Age=3600');
    expect(app.store.operations).toEqual(['load', 'load', 'touch']);
  });

  it('the touch of a cookie that ends with the browser needs no response', async () => {
    const { app, browser } = await loggedIn({}, 1_800);
    expect(await visitCacheable(browser)).toBeUndefined();
    expect(app.store.operations).toEqual(['load', 'touch']);
  });

  it('a new signature waits', async () => {
    const { app, browser } = await loggedIn({});
    const rotated = new Browser({ sessions: otherServer(app, { secret: [NEW_SECRET, SECRET] }) }, browser.cookies);
    expect(await visitCacheable(rotated)).toBeUndefined();
    expect(await visitCacheable(rotated, (session) => void (session.data.note = 1))).toBeUndefined();
    await rotated.visit(() => undefined);
    expect(rotated.setCookie).toBeDefined();
  });

  it.each<[string, Partial<SessionsOptions>, (session: Session) => unknown]>([
    ['a login', {}, (session) => session.regenerate()],
    ['a logout', {}, (session) => session.destroy()],
    [
      'a save that moves the end of a persistent cookie',
      { cookie: { persistent: true } },
      (session) => void (session.data.note = 1),
    ],
  ])('the cookie of %s does not wait', async (_, options, handler) => {
    const { browser } = await loggedIn(options);
    expect(await visitCacheable(browser, handler)).toContain('__Host-sess=');
  });

  it('the cookie of a new session does not wait', async () => {
    const browser = new Browser(application());
    expect(await visitCacheable(browser, (session) => void (session.data.note = 1))).toContain('__Host-sess=');
  });

  it('a renewal that was stored before the response became cacheable is told all the same', async () => {
    const { browser } = await loggedIn({ renewAfterSeconds: 60 }, 60);
    const session = await browser.open();
    await session.commit();
    expect(session.takeCookie({ cacheable: true })).toContain('__Host-sess=');
  });

  it('a touch that was made before the response became cacheable is not told', async () => {
    const { browser } = await loggedIn({ cookie: { persistent: true } }, 1_800);
    const session = await browser.open();
    await session.commit();
    expect(session.takeCookie({ cacheable: true })).toBeUndefined();
    expect(session.takeCookie()).toContain('Max-Age=3600');
  });
});

describe('wasRead', () => {
  it('is false for a request that did not look at its session, also after its end', async () => {
    const { browser } = await loggedIn({}, 1_800);
    const session = await browser.open();
    await session.commit();
    session.takeCookie();
    expect(session.wasRead).toBe(false);
  });

  it.each<[string, (session: Session) => unknown]>([
    ['its data', (session) => session.data],
    ['its id', (session) => session.id],
    ['whether it is new', (session) => session.isNew],
    ['when it began', (session) => session.createdAt],
    ['when it ends', (session) => session.expiresAt],
    ['a save', (session) => session.save()],
    ['a logout', (session) => session.destroy()],
  ])('is true for one that asked for %s', async (_, handler) => {
    const { browser } = await loggedIn({});
    const session = await browser.open();
    await handler(session);
    expect(session.wasRead).toBe(true);
  });
});
