import { describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, otherServer, outage, type Application } from '../../test/visit.ts';

const isKnown = (browser: Browser): Promise<boolean> => browser.visit((session) => !session.isNew);

describe('the idle timeout', () => {
  it('ends a session that nobody uses', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100 });
    app.passSeconds(100);
    expect(await isKnown(browser)).toBe(false);
  });

  it('is moved forward by use', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100 });
    for (let visit = 0; visit < 20; visit++) {
      app.passSeconds(50);
      expect(await isKnown(browser)).toBe(true);
    }
  });

  it.each([
    ['tells the remaining time', true],
    ['can not tell the remaining time', false],
  ])('is moved once per tenth of it, however often the session is used, with a store that %s', async (_, tellsTtl) => {
    const { app, browser } = await loggedIn({ ttlSeconds: 1_000 }, { tellsTtl });
    for (let visit = 0; visit < 1_000; visit++) {
      app.passSeconds(1);
      expect(await isKnown(browser)).toBe(true);
    }
    expect(app.store.operations.filter((operation) => operation === 'touch')).toHaveLength(10);
    expect(app.store.operations).not.toContain('save');
  });

  it('is not moved again by a server that sees how recently another one moved it', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 1_000 });
    app.passSeconds(100);
    await isKnown(browser);
    app.store.forget();
    await isKnown(new Browser({ sessions: otherServer(app, { ttlSeconds: 1_000 }) }, browser.cookies));
    expect(app.store.operations).toEqual(['load']);
  });

  it('is moved by a save, without a touch', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100 });
    app.passSeconds(99);
    await browser.visit((session) => void (session.data.note = 'changed'));
    expect(app.store.operations).toEqual(['load', 'save']);
    app.passSeconds(99);
    expect(await isKnown(browser)).toBe(true);
  });

  it('is extended at the next request if that fails now, and this request succeeds', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100 });
    app.passSeconds(50);
    app.store.beforeNext('touch', outage);
    expect(await isKnown(browser)).toBe(true);
    app.passSeconds(40);
    expect(await isKnown(browser)).toBe(true);
    app.passSeconds(90);
    expect(await isKnown(browser)).toBe(true);
  });
});

describe('the absolute timeout', () => {
  it('ends a session however much it is used', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100, absoluteTtlSeconds: 250 });
    for (let visit = 0; visit < 4; visit++) {
      app.passSeconds(60);
      expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    }
    app.passSeconds(10);
    expect(await isKnown(browser)).toBe(false);
  });

  it('is not put off by a save, nor by a new id', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100, absoluteTtlSeconds: 150 });
    app.passSeconds(90);
    await browser.visit((session) => session.regenerate({ keep: true }));
    await browser.visit((session) => void (session.data.note = 'changed'));
    expect(Math.max(...app.store.saves.map(({ ttlSeconds }) => ttlSeconds))).toBe(60);
    app.passSeconds(60);
    expect(await isKnown(browser)).toBe(false);
  });

  it('holds at once for older sessions when it is shortened', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 1_000 });
    app.passSeconds(200);
    const sessions = otherServer(app, { ttlSeconds: 100, absoluteTtlSeconds: 200 });
    expect(await isKnown(new Browser({ sessions }, browser.cookies))).toBe(false);
  });

  it('shows in expiresAt, as the idle timeout does', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100, absoluteTtlSeconds: 150 });
    const expiresIn = (): Promise<number> => browser.visit((session) => session.expiresAt.getTime() - app.now());
    expect(await expiresIn()).toBe(100_000);
    app.passSeconds(90);
    expect(await expiresIn()).toBe(60_000);
  });
});

describe('renewal', () => {
  it('gives a session in use a new id, and its data moves along', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 600 });
    const before = await browser.visit((session) => session.id);
    app.passSeconds(600);
    const thief = browser.copy();
    await browser.visit((session) => void (session.data.note = 'changed'));
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', note: 'changed' });
    expect(await browser.visit((session) => session.id)).not.toBe(before);
    expect(await isKnown(thief)).toBe(false);
  });

  it('comes again only when the new id is old', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 600 });
    app.passSeconds(600);
    const renewed = (): Promise<string | undefined> => isKnown(browser).then(() => browser.setCookie);
    expect(await renewed()).toBeDefined();
    app.passSeconds(599);
    expect(await renewed()).toBeUndefined();
    app.passSeconds(1);
    expect(await renewed()).toBeDefined();
  });

  it('waits where the store is out of reach for it, and the change is saved under the old id', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 600 });
    const before = await browser.visit((session) => session.id);
    app.passSeconds(600);
    app.store.beforeNext('save', () => undefined);
    app.store.beforeNext('save', outage);
    await browser.visit((session) => void (session.data.note = 'changed'));
    const after = await browser.open();
    expect([after.id, after.data.note]).toEqual([before, 'changed']);
  });
});

describe('a persistent cookie', () => {
  it('lives as long as the session, and is set again whenever that is moved', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100, absoluteTtlSeconds: 150, cookie: { persistent: true } });
    expect(browser.setCookie).toContain('Max-Age=100;');
    app.passSeconds(5);
    await isKnown(browser);
    expect(browser.setCookie).toBeUndefined();
    app.passSeconds(85);
    await isKnown(browser);
    expect(browser.setCookie).toContain('Max-Age=60;');
  });
});

describe('a first save whose node is out of reach', () => {
  it('takes another id, so that people can log in meanwhile', async () => {
    const app = application();
    const browser = new Browser(app);
    app.store.beforeNext('save', outage);
    app.store.beforeNext('save', outage);
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    expect(app.store.operations).toEqual(['save', 'save', 'save']);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
  });

  it.each([
    ['sixteen where each fails at once', 0, 16],
    ['three where each takes its time', 1, 3],
  ])('gives up after %s', async (_, seconds, tries) => {
    const app = application();
    app.store.beforeEach('save', () => {
      app.passSeconds(seconds);
      outage();
    });
    const visit = new Browser(app).visit((session) => void (session.data.user = 'USER_123'));
    await expect(visit).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect(app.store.operations).toEqual(Array.from({ length: tries }, () => 'save'));
  });

  it('keeps the id that was given out already', async () => {
    const app = application();
    app.store.beforeNext('save', outage);
    const visit = new Browser(app).visit((session) => void (session.data.note = session.id));
    await expect(visit).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect(app.store.operations).toEqual(['save']);
  });
});

describe('what can not be decoded', () => {
  it('counts as a miss', async () => {
    const { app, browser } = await loggedIn();
    const found = await app.store.load(await keyOf(app, browser));
    if (found === undefined) throw new Error('a miss');
    await app.store.save(await keyOf(app, browser), Buffer.from('written by something else'), {
      ttlSeconds: 60,
      expect: found,
    });
    expect(await isKnown(browser)).toBe(false);
  });
});

async function keyOf(app: Application, browser: Browser): Promise<string> {
  if (app.store.saves.length === 0)
    await browser.visit((session) => void (session.data.note = 'saved to find its key'));
  return app.store.saves[0]?.key ?? '';
}
