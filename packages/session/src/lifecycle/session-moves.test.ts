import { describe, expect, it } from 'vitest';
import { loggedIn as loggedInWith, Browser, outage } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';

const loggedIn = (options: Partial<SessionsOptions> = {}): ReturnType<typeof loggedInWith> =>
  loggedInWith(options, { data: { user: 'USER_123', cart: ['sku-1'], note: { admin: { rights: 1 } } } });

describe('a renewal', () => {
  it('whose response gets lost logs nobody out: the old id is good until the new one was used', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 60 });
    app.passSeconds(60);
    const deaf = browser.copy();
    await browser.visit(() => {});
    expect(browser.setCookie).toBeDefined();
    // This browser never got the new cookie, and changes the session with the old one.
    await deaf.visit((session) => void (session.data.visits = 1));
    expect(deaf.cookieHeader).toBe(browser.cookieHeader);
    const old = new Browser(app, [...deaf.cookies]);
    expect(await old.visit((session) => session.data.visits)).toBe(1);
  });

  it('ends the old id once the new one was used', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 60 });
    app.passSeconds(60);
    const thief = browser.copy();
    await browser.visit(() => {});
    await browser.visit(() => {});
    expect(await thief.visit((session) => session.isNew)).toBe(true);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
  });

  it('in a request that only reads undoes no change that another request was acknowledged, in any order', async () => {
    for (const saveBefore of ['first save', 'second save', 'none'] as const) {
      const { app, browser } = await loggedIn({ renewAfterSeconds: 60 });
      app.passSeconds(60);
      const [reading, changing] = [await browser.open(), await browser.open()];
      void reading.data.user;
      const change = async (): Promise<void> => {
        delete changing.data.user;
        await changing.save();
      };
      if (saveBefore === 'second save') app.store.beforeNext('save', () => undefined);
      if (saveBefore !== 'none') app.store.beforeNext('save', change);
      await browser.close(reading);
      if (saveBefore === 'none') await change();
      expect([saveBefore, await browser.visit((session) => session.data.user)]).toEqual([saveBefore, undefined]);
    }
  });

  it('is ended by a logout in flight with the old id', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 60 });
    app.passSeconds(60);
    const [renewing, leaving] = [await browser.open(), await browser.open()];
    await browser.close(renewing);
    await leaving.destroy();
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });
});

async function login(browser: Browser, user: string): Promise<void> {
  await browser.visit(async (session) => {
    await session.regenerate({ keep: ['cart'] });
    session.data.user = user;
  });
}

describe('two logins at once', () => {
  it('both succeed and keep the cart of the visitor, at whichever step of one the other comes', async () => {
    for (let step = 0; step < 8; step += 1) {
      const { app, browser } = await loggedIn();
      const other = browser.copy();
      let count = 0;
      const meet = async (): Promise<void> => {
        if (count++ === step) await login(other, 'second');
      };
      for (const operation of ['load', 'save', 'destroy'] as const) app.store.beforeEach(operation, meet);
      await login(browser, 'first');
      for (const operation of ['load', 'save', 'destroy'] as const) app.store.beforeEach(operation, undefined);
      if (count <= step) await login(other, 'second');
      expect([step, await browser.visit(({ data }) => data)]).toEqual([step, { cart: ['sku-1'], user: 'first' }]);
      expect([step, await other.visit(({ data }) => data)]).toEqual([step, { cart: ['sku-1'], user: 'second' }]);
    }
  });

  it('keep nothing of a session that was destroyed, at any step', async () => {
    for (let step = 0; step < 4; step += 1) {
      const { app, browser } = await loggedIn();
      const leaving = await browser.open();
      const moving = await browser.open();
      const moved = browser.copy();
      let count = 0;
      app.store.beforeEach('save', async () => {
        if (count++ === step) await leaving.destroy();
      });
      const outcome = await moving.regenerate({ keep: true }).then(
        () => 'moved',
        () => 'gone',
      );
      app.store.beforeEach('save', undefined);
      await moved.close(moving);
      const isIn = await moved.visit((session) => session.data.user === 'USER_123');
      // A logout before the move ends the session; one after the old id was replaced by a marker is too late for this
      // id.
      expect([step, outcome, isIn]).toEqual([step, step < 2 ? 'gone' : 'moved', step >= 2]);
    }
  });
});

describe('the holder of an id from before a login', () => {
  it('gets nothing that was put into the session after it, under whichever name, however the login ended on the old id', async () => {
    for (const graceSeconds of [0, 60]) {
      for (const fails of [false, true]) {
        const { app, browser } = await loggedIn({ graceSeconds });
        const old = browser.copy();
        // The tombstone can't be stored, so the marker under the old id names the new one for as long as sessions live.
        if (fails) app.store.beforeEach('destroy', outage);
        await browser.visit(async (session) => {
          await session.regenerate({ keep: ['cart'] });
          session.data.cart = ['secret'];
          session.data.user = 'VICTIM';
        });
        app.store.beforeEach('destroy', undefined);
        for (const keep of [['cart', 'user', 'note'], []]) {
          const thief = old.copy();
          await thief.visit(async (session) => {
            await session.regenerate({ keep });
            session.data.visits = 1;
          });
          expect(JSON.stringify(await thief.visit(({ data }) => data))).not.toMatch(/secret|VICTIM/);
        }
        await old.copy().visit((session) => session.destroy());
        expect(await browser.visit(({ data }) => data)).toEqual({ cart: ['secret'], user: 'VICTIM' });
      }
    }
  });
});

describe('a change at once with a deletion', () => {
  it('inside a deleted value does not bring it back, in either order of saves', async () => {
    for (const deletionFirst of [true, false]) {
      const { browser } = await loggedIn();
      const [deleting, changing] = [await browser.open(), await browser.open()];
      delete deleting.data.note;
      (changing.data.note as { admin: { rights: number } }).admin.rights = 2;
      for (const session of deletionFirst ? [deleting, changing] : [changing, deleting]) await session.save();
      expect(await browser.visit((session) => session.data.note)).toBeUndefined();
    }
  });
});

describe('a lifetime of its own', () => {
  it('is longer or shorter than that of other sessions, and moves to further ids', async () => {
    const { app, browser } = await loggedIn({ ttlSeconds: 100, absoluteTtlSeconds: 1_000 });
    await browser.visit((session) => session.regenerate({ keep: true, ttlSeconds: 5_000, persistent: true }));
    expect(browser.setCookie).toContain('Max-Age=5000');
    app.passSeconds(4_000);
    await browser.visit((session) => session.regenerate({ keep: true }));
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    app.passSeconds(1_000);
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });

  it('that is shorter is touched in time', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit((session) => session.regenerate({ keep: true, ttlSeconds: 60 }));
    for (let visit = 0; visit < 5; visit += 1) {
      app.passSeconds(50);
      expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    }
    app.passSeconds(61);
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });
});

describe('session.touch, for sockets and streams', () => {
  it('moves the expiry after the headers have left, and says when the session has ended', async () => {
    const { app, browser } = await loggedIn();
    const socket = await browser.open({ headersSent: true });
    app.passSeconds(3_000);
    await socket.touch();
    app.passSeconds(3_000);
    await browser.copy().visit((session) => session.destroy());
    await expect(socket.touch()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
    await expect(socket.save()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
  });

  it('follows a renewal, and does not outlive a revocation', async () => {
    const { app, browser } = await loggedIn({ renewAfterSeconds: 60, userOf: (data) => data.user });
    const socket = await browser.open({ headersSent: true });
    app.passSeconds(60);
    await browser.visit(() => {});
    app.passSeconds(3_500);
    await socket.touch();
    app.passSeconds(3_500);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    await app.sessions.revokeUser('USER_123');
    await expect(socket.touch()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
  });

  it('tells of an outage', async () => {
    const { app, browser } = await loggedIn();
    const socket = await browser.open();
    app.store.beforeNext('load', outage);
    await expect(socket.touch()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
  });
});
