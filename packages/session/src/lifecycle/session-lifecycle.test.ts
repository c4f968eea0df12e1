import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { application, loggedIn as loggedInWith, Browser, outage } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';
import { storageKey } from '../cookie/session-id.ts';
import type { RegenerateOptions, Session } from '../session.ts';

const loggedIn = (options: Partial<SessionsOptions> = {}): ReturnType<typeof loggedInWith> =>
  loggedInWith(options, { data: { user: 'USER_123', cart: ['sku-1'] } });

function fill(session: Session): void {
  Object.assign(session.data, { user: 'ADMIN', cart: ['sku-1'], visits: 3 });
}

describe('saving', () => {
  it('does nothing for a session that was read, or put back as it was', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit((session) => session.data.user);
    await browser.visit((session) => {
      session.data.user = 'someone else';
      session.data.user = 'USER_123';
    });
    expect(app.store.operations).toEqual(['load', 'load']);
    expect(browser.setCookie).toBeUndefined();
  });

  it('finds a change deep inside', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit((session) => session.data.cart?.push('sku-2'));
    expect(app.store.operations).toEqual(['load', 'save']);
    expect(await browser.visit((session) => session.data.cart)).toEqual(['sku-1', 'sku-2']);
  });

  it('takes another object as data', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => void (session.data = { cart: [] }));
    expect(await browser.visit((session) => session.data)).toEqual({ cart: [] });
  });

  it('keeps a session that was emptied', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => void (session.data = {}));
    expect(await browser.visit((session) => [session.isNew, session.data])).toEqual([false, {}]);
  });

  it('stores under a key from which the id can not be told, for the idle timeout', async () => {
    const app = application();
    const browser = new Browser(app);
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    const id = await browser.visit((session) => session.id);
    expect(app.store.saves).toMatchObject([{ key: storageKey('s/', id), ttlSeconds: 3_600 }]);
  });

  it('can be done now, and is then not done again', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit(async (session) => {
      session.data.user = 'USER_456';
      await session.save();
      expect(app.store.operations).toEqual(['load', 'save']);
    });
    expect(app.store.operations).toEqual(['load', 'save']);
  });

  it('does nothing now for a new session without data', async () => {
    const app = application();
    await new Browser(app).visit((session) => session.save());
    expect(app.store.operations).toEqual([]);
  });

  it.each([undefined, null, 'text', 7, ['list']])('refuses %j as data', async (data) => {
    const session = await new Browser(application()).open();
    expect(() => void (session.data = data as never)).toThrow(expect.objectContaining({ code: 'SESS_BAD_DATA' }));
  });

  it('refuses data over maxBytes, and the session stays as it was', async () => {
    const { app, browser } = await loggedIn({ maxBytes: 100 });
    const tooMuch = browser.visit((session) => void (session.data.note = 'é'.repeat(50)));
    await expect(tooMuch).rejects.toMatchObject({
      code: 'SESS_TOO_LARGE',
      message: expect.stringMatching(/takes \d+ bytes; at most 100 \(maxBytes\)/),
    });
    expect(app.store.operations).toEqual(['load']);
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', cart: ['sku-1'] });
  });

  it('refuses data that can not be encoded, and the session stays as it was', async () => {
    const { app, browser } = await loggedIn();
    await expect(browser.visit((session) => void (session.data.note = 1n))).rejects.toMatchObject({
      code: 'SESS_BAD_DATA',
    });
    await expect(browser.visit((session) => void (session.data.note = new Map()))).rejects.toMatchObject({
      code: 'SESS_BAD_DATA',
    });
    expect(app.store.operations).toEqual(['load', 'load']);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
  });
});

describe('data that is set on the session instead of session.data', () => {
  it('fails at once, rather than being lost', async () => {
    const session = await new Browser(application()).open();
    expect(() => Object.assign(session, { user: 'USER_123' })).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_DATA', message: expect.stringContaining('session.data.user') }),
    );
  });
});

describe('a log line of a session', () => {
  it('shows neither the id nor the data', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => {
      const shown = `${inspect(session, { depth: 9, showHidden: true })}${JSON.stringify(session)}`;
      expect(shown).not.toContain(session.id);
      expect(shown).not.toContain('USER_123');
    });
  });
});

describe('regenerate', () => {
  it('moves what is to be kept to a new id, and the old id is dead', async () => {
    const { app, browser } = await loggedIn();
    const thief = browser.copy();
    const before = await browser.visit((session) => session.id);
    await browser.visit(async (session) => {
      await session.regenerate({ keep: true });
      expect(session.id).not.toBe(before);
      session.data.user = 'ADMIN';
    });
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'ADMIN', cart: ['sku-1'] });
    expect(await thief.visit((session) => [session.isNew, session.data])).toEqual([true, {}]);
    expect(app.store.operations.filter((operation) => operation === 'destroy')).toHaveLength(1);
  });

  it.each([true, false])(
    'starts empty but for the keys to keep, whether the session was stored before: %s',
    async (wasStored) => {
      const browser = new Browser(application());
      if (wasStored) await browser.visit(fill);
      await browser.visit(async (session) => {
        fill(session);
        await session.regenerate({ keep: ['cart', 'no such key'] });
        expect(session.data).toEqual({ cart: ['sku-1'] });
        session.data.user = 'USER_123';
      });
      expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', cart: ['sku-1'] });
    },
  );

  it('takes an array for the keys to keep', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => session.regenerate(['cart']));
    expect(await browser.visit((session) => session.data)).toEqual({ cart: ['sku-1'] });
  });

  it('drops data that could not be stored anyway', async () => {
    const { browser } = await loggedIn();
    await browser.visit(async (session) => {
      session.data.note = 1n;
      await session.regenerate({ keep: ['cart'] });
    });
    expect(await browser.visit((session) => session.data)).toEqual({ cart: ['sku-1'] });
  });

  it('throws if a handler still writes to the data from before', async () => {
    const { browser } = await loggedIn();
    await browser.visit(async (session) => {
      const before = session.data;
      await session.regenerate();
      expect(() => (before.user = 'USER_456')).toThrow(TypeError);
      session.data = before;
      session.data.user = 'USER_456';
    });
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_456', cart: ['sku-1'] });
  });

  it.each([
    { keepData: false },
    { kep: true },
    { keep: 'cart' },
    { keep: [1] },
    { keep: false },
    { restartLifetime: 'yes' },
    'cart',
    null,
  ])('refuses %o, and changes nothing', async (options) => {
    const { app, browser } = await loggedIn();
    await browser.visit(async (session) => {
      await expect(session.regenerate(options as RegenerateOptions)).rejects.toMatchObject({ code: 'SESS_BAD_OPTION' });
    });
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', cart: ['sku-1'] });
    expect(app.store.operations).toEqual(['load', 'load']);
  });

  it('stores nothing for a session without data', async () => {
    const app = application();
    await new Browser(app).visit((session) => session.regenerate());
    expect(app.store.operations).toEqual([]);
  });

  it('starts empty', async () => {
    const { browser } = await loggedIn();
    await browser.visit(async (session) => {
      await session.regenerate();
      expect([session.isNew, session.data]).toEqual([true, {}]);
    });
    expect(browser.cookies.size).toBe(0);
  });

  it('keeps the beginning of the session, or counts it anew', async () => {
    const { app, browser } = await loggedIn();
    const createdAt = await browser.visit((session) => session.createdAt.getTime());
    app.passSeconds(1_000);
    await browser.visit((session) => session.regenerate({ keep: true }));
    expect(await browser.visit((session) => session.createdAt.getTime())).toBe(createdAt);
    await browser.visit((session) => session.regenerate({ keep: true, restartLifetime: true }));
    expect(await browser.visit((session) => session.createdAt.getTime())).toBe(createdAt + 1_000_000);
  });

  it('changes nothing where the old session can not be ended', async () => {
    const { app, browser } = await loggedIn();
    const before = await browser.visit((session) => session.id);
    app.store.beforeNext('save', () => undefined);
    app.store.beforeNext('save', outage);
    await browser.visit(async (session) => {
      await expect(session.regenerate({ keep: true })).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    });
    expect(browser.setCookie).toBeUndefined();
    expect(await browser.visit((session) => session.id)).toBe(before);
    const [written] = app.store.saves;
    expect(await app.store.load(written?.key ?? '')).toBeUndefined();
  });

  it('sends the new cookie even where the response fails later', async () => {
    const { app, browser } = await loggedIn();
    const session = await browser.open();
    await session.regenerate({ keep: true });
    session.data.user = 'ADMIN';
    app.store.beforeNext('save', outage);
    await expect(browser.close(session)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect(await browser.visit((next) => [next.id, next.data.user])).toEqual([session.id, 'USER_123']);
  });
});

describe('destroy', () => {
  it('ends the session on the server and in the browser', async () => {
    const { browser } = await loggedIn();
    const thief = browser.copy();
    await browser.visit((session) => session.destroy());
    expect(browser.setCookie).toMatch(/^__Host-sess=; Max-Age=0;/);
    expect(browser.cookies.size).toBe(0);
    expect(await thief.visit((session) => session.isNew)).toBe(true);
  });

  it('keeps nothing that is put into the session afterwards', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit(async (session) => {
      await session.destroy();
      expect(session.data).toEqual({});
      session.data.user = 'USER_123';
      await expect(session.save()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
      await expect(session.reload()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
    });
    expect(app.store.operations).toEqual(['load', 'destroy']);
  });

  it('can be followed by another session', async () => {
    const { browser } = await loggedIn();
    const before = await browser.visit((session) => session.id);
    await browser.visit(async (session) => {
      await session.destroy();
      await session.regenerate();
      session.data.note = 'Goodbye';
    });
    expect(await browser.visit((session) => session.data)).toEqual({ note: 'Goodbye' });
    expect(await browser.visit((session) => session.id)).not.toBe(before);
  });

  it('leaves the cookie where the store is out of reach, and tells the caller', async () => {
    const { app, browser } = await loggedIn();
    app.store.beforeNext('destroy', outage);
    await browser.visit(async (session) => {
      await expect(session.destroy()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    });
    expect(browser.setCookie).toBeUndefined();
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
  });

  it('ends the session that the browser has, also where it could not be loaded', async () => {
    const { app, browser } = await loggedIn();
    const thief = browser.copy();
    app.store.beforeNext('load', outage);
    await browser.visit((session) => session.destroy());
    expect(browser.cookies.size).toBe(0);
    expect(await thief.visit((session) => session.isNew)).toBe(true);
  });

  it('sets no cookie for a session that came and went in one request', async () => {
    const browser = new Browser(application());
    await browser.visit(async (session) => {
      session.data.user = 'USER_123';
      await session.save();
      await session.destroy();
    });
    expect(browser.setCookie).toBeUndefined();
  });
});

describe('reload', () => {
  it('drops what this request changed', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit(async (session) => {
      session.data.user = 'someone else';
      await session.reload();
      expect(session.data.user).toBe('USER_123');
    });
    expect(app.store.operations).toEqual(['load', 'load']);
  });

  it('empties a session that was never stored', async () => {
    const app = application();
    await new Browser(app).visit(async (session) => {
      session.data.user = 'USER_123';
      await session.reload();
      expect(session.data).toEqual({});
    });
    expect(app.store.operations).toEqual([]);
  });
});
