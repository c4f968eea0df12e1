import { describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, otherServer, outage } from '../../test/visit.ts';

describe('two requests that change one session at once', () => {
  it('both succeed, and what was saved last stands', async () => {
    const { browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'slow';
    await browser.copy().visit((session) => void (session.data.note = 'fast'));
    await browser.close(slow);
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', note: 'slow' });
  });

  it('need no second write where they change it to the same', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'same';
    await browser.copy().visit((session) => void (session.data.note = 'same'));
    app.store.forget();
    await browser.close(slow);
    expect(app.store.operations).toEqual(['save', 'load']);
  });

  it('all succeed when they are a hundred', async () => {
    const { browser } = await loggedIn();
    await Promise.all(
      Array.from({ length: 100 }, (_, visit) => browser.copy().visit((session) => void (session.data.visits = visit))),
    );
    expect(await browser.visit((session) => session.data.visits)).toBeTypeOf('number');
  });

  it('fail with a conflict if one can never win', async () => {
    const { app, browser } = await loggedIn();
    const rival = new Browser({ sessions: otherServer(app) }, browser.cookies);
    let meddling = false;
    let visits = 0;
    app.store.beforeEach('save', async () => {
      if (meddling) return;
      meddling = true;
      await rival.visit((session) => void (session.data.visits = ++visits));
      meddling = false;
    });
    await expect(browser.visit((session) => void (session.data.note = 'mine'))).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      statusCode: 409,
    });
    expect(visits).toBe(40);
  });
});

describe('a request that runs while its session is destroyed', () => {
  it('does not bring it back by saving at its end', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'late';
    const out = browser.copy();
    await out.visit((session) => session.destroy());
    await browser.close(slow);
    expect(browser.setCookie).toBeUndefined();
    expect(await browser.visit((session) => [session.isNew, session.data])).toEqual([true, {}]);
    expect(app.store.saves).toEqual([]);
  });

  it('gets an error when it calls save', async () => {
    const { browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'late';
    await browser.copy().visit((session) => session.destroy());
    await expect(slow.save()).rejects.toMatchObject({ code: 'SESS_DESTROYED', statusCode: 409 });
    await expect(slow.reload()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
  });

  it('does not bring it back under another id', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    await browser.copy().visit((session) => session.destroy());
    await expect(slow.regenerate({ keep: true })).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
    await browser.close(slow);
    expect(browser.setCookie).toBeUndefined();
    for (const { key } of app.store.saves) expect(await app.store.load(key)).toBeUndefined();
  });

  it('does not bring it back by renewing it', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 60 });
    app.passSeconds(60);
    const slow = await browser.open();
    await browser.copy().visit((session) => session.destroy());
    await browser.close(slow);
    expect(browser.setCookie).toBeUndefined();
    for (const { key } of app.store.saves) expect(await app.store.load(key)).toBeUndefined();
  });

  it('does not bring it back by touching it', async () => {
    const { app, browser } = await loggedIn();
    app.passSeconds(360);
    const slow = await browser.open();
    await browser.copy().visit((session) => session.destroy());
    await browser.close(slow);
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });

  it('does not bring it back while the key is unusable, which is as long as a copy could live', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'late';
    await browser.copy().visit((session) => session.destroy());
    app.passSeconds(3_599);
    await browser.close(slow);
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });
});

describe('two requests that regenerate one session at once', () => {
  it('both succeed, and what they keep is in both', async () => {
    const { browser } = await loggedIn();
    const [first, second] = [browser, browser.copy()];
    const results = await Promise.allSettled(
      [first, second].map((each) => each.visit((session) => session.regenerate({ keep: true }))),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    for (const each of [first, second]) expect(await each.visit((session) => session.data.user)).toBe('USER_123');
  });
});

describe('a save whose acknowledgement was lost', () => {
  it('is found when it is tried again: the first one', async () => {
    const app = application();
    const browser = new Browser(app);
    await browser.visit(async (session) => {
      session.data.note = `known to others as ${session.id}`;
      app.store.afterNext('save', outage);
      await expect(session.save()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    });
    expect(await browser.visit((session) => session.data.note)).toContain('known to others');
  });

  it('is found when it is tried again: a change', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit(async (session) => {
      session.data.note = 'changed';
      app.store.afterNext('save', outage);
      await expect(session.save()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    });
    expect(app.store.saves).toHaveLength(1);
    expect(await browser.visit((session) => session.data.note)).toBe('changed');
  });
});

describe('operations that the handler does not wait for', () => {
  it('are waited for before the headers leave, one after the other', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit((session) => {
      void session.regenerate({ keep: ['user'] });
      session.data.note = 'kept';
      void session.save();
    });
    expect(app.store.operations).toEqual(['load', 'save', 'save', 'save', 'destroy', 'save']);
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', note: 'kept' });
  });
});

describe('a session after its headers have left', () => {
  it('can still be saved where the browser knows it', async () => {
    const { browser } = await loggedIn();
    const session = await browser.open();
    await browser.close(session);
    session.data.note = 'from a stream';
    await session.save();
    expect(await browser.visit((next) => next.data.note)).toBe('from a stream');
  });

  it('can neither be begun nor get another id', async () => {
    const { browser } = await loggedIn();
    const known = await browser.open();
    await browser.close(known);
    await expect(known.regenerate()).rejects.toMatchObject({ code: 'SESS_HEADERS_SENT' });

    const fresh = await new Browser(application()).open({ headersSent: true });
    fresh.data.user = 'USER_123';
    await expect(fresh.save()).rejects.toMatchObject({ code: 'SESS_HEADERS_SENT' });
  });

  it('can be destroyed', async () => {
    const { browser } = await loggedIn();
    const session = await browser.open();
    await browser.close(session);
    await session.destroy();
    expect(await browser.visit((next) => next.isNew)).toBe(true);
  });
});
