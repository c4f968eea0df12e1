import { describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, outage, type Application } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';

async function regenerated(
  options: Partial<SessionsOptions> = {},
): Promise<{ app: Application; old: Browser; browser: Browser }> {
  const app = application({ graceSeconds: 10, ...options });
  const browser = new Browser(app);
  await browser.visit((session) => void (session.data.cart = ['before']));
  const old = browser.copy();
  await browser.visit(async (session) => {
    await session.regenerate({ keep: true });
    session.data.user = 'USER_123';
  });
  app.store.forget();
  return { app, old, browser };
}

describe('an old id in its grace', () => {
  it('reads the session as it was under it, and nothing that came after', async () => {
    const { old, browser } = await regenerated();
    expect(await old.visit((session) => [session.isNew, session.readOnly, session.data])).toEqual([
      false,
      true,
      { cart: ['before'] },
    ]);
    expect(await browser.visit((session) => [session.readOnly, session.data.user])).toEqual([false, 'USER_123']);
  });

  it('neither touches nor renews the session, and gets no cookie', async () => {
    const { app, old } = await regenerated({
      touchAfterSeconds: 0,
      cookie: { persistent: true },
      renewAfterSeconds: 1,
    });
    app.passSeconds(5);
    await old.visit((session) => session.data);
    expect(old.setCookie).toBeUndefined();
    expect(app.store.operations).toEqual(['load', 'load', 'load']);
  });

  it('ends after graceSeconds, and without graceSeconds there is none', async () => {
    const { app, old } = await regenerated();
    app.passSeconds(10);
    expect(await old.visit((session) => session.isNew)).toBe(true);
    const { old: dead, app: without } = await regenerated({ graceSeconds: 0 });
    expect(await dead.visit((session) => session.isNew)).toBe(true);
    expect(without.store.operations).toEqual(['load']);
  });

  it('can not change anything, and says so', async () => {
    const { app, old } = await regenerated();
    const readOnly = { code: 'SESS_READ_ONLY', statusCode: 409, retryable: true };
    await expect(old.visit((session) => void (session.data.note = 'lost'))).rejects.toMatchObject(readOnly);
    await expect(old.visit((session) => session.update((data) => void (data.visits = 1)))).rejects.toMatchObject(
      readOnly,
    );
    await expect(old.visit((session) => session.regenerate({ keep: true }))).rejects.toMatchObject(readOnly);
    await old.visit(async (session) => {
      await session.save();
      session.data.note = 'lost';
      await expect(session.save()).rejects.toMatchObject(readOnly);
      await session.reload();
      expect([session.readOnly, session.data]).toEqual([true, { cart: ['before'] }]);
    });
    expect(app.store.saves).toEqual([]);
  });

  it('ends with the session that took its place', async () => {
    const { old, browser } = await regenerated();
    await browser.visit((session) => session.destroy());
    expect(await old.visit((session) => session.isNew)).toBe(true);
  });

  it('ends its grace when it logs out, and not the session: who has an id from before a login must not log the user out', async () => {
    const { old, browser } = await regenerated();
    await browser.visit((session) => session.regenerate({ keep: true }));
    const again = old.copy();
    expect(await old.visit((session) => session.readOnly)).toBe(true);
    await old.visit((session) => session.destroy());
    expect(old.cookies.size).toBe(0);
    expect(await again.visit((session) => session.isNew)).toBe(true);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
  });

  it('holds for a renewal, too', async () => {
    const { app, browser } = await loggedIn({ graceSeconds: 10, renewAfterSeconds: 60 });
    app.passSeconds(60);
    const late = browser.copy();
    await browser.visit(() => {});
    await browser.visit(() => {});
    expect(await late.visit((session) => [session.readOnly, session.data.user])).toEqual([true, 'USER_123']);
  });

  it('can be left out, or be shorter, for one change of ids', async () => {
    const { app, browser } = await regenerated();
    const [first, second] = [browser.copy(), new Browser(app)];
    await browser.visit((session) => session.regenerate({ keep: true, graceSeconds: 0 }));
    expect(await first.visit((session) => session.isNew)).toBe(true);
    await second.visit((session) => void (session.data.note = 1));
    const old = second.copy();
    await second.visit((session) => session.regenerate({ keep: true, graceSeconds: 2 }));
    app.passSeconds(2);
    expect(await old.visit((session) => session.isNew)).toBe(true);
  });

  it('is refused where no server would look for it', async () => {
    const browser = new Browser(application());
    await browser.visit((session) => void (session.data.note = 1));
    await browser.visit(async (session) => {
      await expect(session.regenerate({ graceSeconds: 5 })).rejects.toMatchObject({ code: 'SESS_BAD_OPTION' });
      await expect(session.regenerate({ graceSeconds: 1.5 })).rejects.toMatchObject({ code: 'SESS_BAD_OPTION' });
    });
  });

  it('is skipped if it can not be stored: the new id works anyway', async () => {
    const { app, browser } = await regenerated();
    const old = browser.copy();
    await browser.visit(async (session) => {
      app.store.beforeNext('save', () => undefined);
      app.store.beforeNext('save', () => undefined);
      app.store.beforeNext('save', outage);
      await session.regenerate({ keep: true });
    });
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    expect(await old.visit((session) => session.isNew)).toBe(true);
  });

  it('does not save a session that was destroyed while it got another id', async () => {
    const { browser } = await regenerated();
    const slow = await browser.open();
    const old = browser.copy();
    await browser.copy().visit((session) => session.destroy());
    await expect(slow.regenerate({ keep: true })).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
    expect(await old.visit((session) => session.isNew)).toBe(true);
  });
});
