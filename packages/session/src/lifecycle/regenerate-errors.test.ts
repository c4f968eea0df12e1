import { describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, outage } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';
import type { Session } from '../session.ts';

describe('regenerate', () => {
  it.each<[string, Partial<SessionsOptions>, (session: Session) => unknown]>([
    ['SESS_BAD_DATA', {}, (session) => void (session.data.note = 1n)],
    ['SESS_TOO_LARGE', { maxBytes: 100 }, (session) => void (session.data.note = 'x'.repeat(200))],
  ])('rejects with %s, and the session stays as it was stored', async (code, options, change) => {
    const { browser } = await loggedIn(options);
    const session = await browser.open();
    change(session);
    await expect(session.regenerate({ keep: true })).rejects.toMatchObject({ code });
    expect(await browser.visit((next) => next.data)).toEqual({ user: 'USER_123' });
  });

  it('rejects with SESS_CONFLICT if another request changed a value that this one changed, and onConflict says so', async () => {
    const browser = new Browser(application({ onConflict: 'error' }));
    await browser.visit((session) => void (session.data.note = 0));
    const session = await browser.open();
    session.data.note = 1;
    await browser.copy().visit((other) => void (other.data.note = 2));
    await expect(session.regenerate({ keep: true })).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    expect(await browser.visit((next) => next.data)).toEqual({ note: 2 });
  });

  it('rejects with SESS_READ_ONLY in a request with an old id in its grace that keeps everything', async () => {
    const { browser } = await loggedIn({ graceSeconds: 60 });
    const old = browser.copy();
    await browser.visit((session) => session.regenerate({ keep: true }));
    await old.visit(async (session) => {
      await expect(session.regenerate({ keep: true })).rejects.toMatchObject({ code: 'SESS_READ_ONLY' });
    });
  });

  it('that rejects with SESS_UNAVAILABLE leaves the session as it was, but may have ended those of other cookies', async () => {
    const { app, browser } = await loggedIn();
    const other = new Browser(app);
    await other.visit((session) => void (session.data.user = 'USER_456'));
    const { current } = await app.sessions.open(`${browser.cookieHeader}; ${other.cookieHeader}`, {
      secure: true,
      response: { headersSent: false },
    });
    app.store.beforeEach('save', outage);
    await expect(current.regenerate({ keep: true })).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    app.store.beforeEach('save', undefined);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    expect(await other.visit((session) => session.isNew)).toBe(true);
  });
});
