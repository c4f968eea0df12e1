import { describe, expect, it, vi } from 'vitest';
import { loggedIn, outage, SECRET } from '../../test/visit.ts';
import { cookieSigner } from '../cookie/cookie-signature.ts';
import { newSessionId } from '../cookie/session-id.ts';
import type { Session } from '../session.ts';

const unavailable = { code: 'SESS_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '5' } };

/** Ways in which a handler uses a session's data. */
const USES: readonly (readonly [string, (session: Session) => unknown])[] = [
  ['reads data', (session) => session.data.user],
  ['replaces data', (session) => (session.data = { user: 'USER_456' })],
  ['calls get', (session) => session.get('user')],
  ['calls set', (session) => session.set('user', 'USER_456')],
  ['saves', (session) => session.save()],
  ['touches', (session) => session.touch()],
  ['revokes the others', (session) => session.revokeOthers()],
];

describe('a session that is out of reach', () => {
  it.each(USES)('throws a 503 where a handler %s, and keeps its cookie', async (_, use) => {
    const { app, browser } = await loggedIn({ userOf: (data) => data.user });
    app.store.beforeNext('load', outage);
    const session = await browser.open();
    expect(session.isAvailable).toBe(false);
    await expect((async () => use(session))()).rejects.toMatchObject(unavailable);
    await browser.close(session);
    expect(browser.setCookie).toBeUndefined();
    expect(await browser.visit((next) => [next.isAvailable, next.data.user])).toEqual([true, 'USER_123']);
  });

  it('lets a request through that does not use it', async () => {
    const { app, browser } = await loggedIn();
    app.store.beforeNext('load', outage);
    await browser.visit((session) => expect([session.isAvailable, session.isNew]).toEqual([false, false]));
    expect(browser.setCookie).toBeUndefined();
    expect(app.store.operations).toEqual(['load']);
  });

  it.each(['error', 'anonymous'] as const)(
    'is replaced by nothing but regenerate(), under another id: onUnavailable %s',
    async (onUnavailable) => {
      const { app, browser } = await loggedIn({ onUnavailable });
      const attacker = browser.copy();
      app.store.beforeNext('load', outage);
      await browser.visit(async (session) => {
        await session.regenerate();
        await session.update((data) => void (data.user = 'VICTIM'));
      });
      expect(browser.setCookie).toBeDefined();
      expect(await browser.visit((session) => session.data.user)).toBe('VICTIM');
      expect(await attacker.visit((session) => [session.isNew, session.data])).toEqual([true, {}]);
    },
  );

  it('is not adopted either where reload() finds that it has ended', async () => {
    const { app, browser } = await loggedIn();
    await browser.copy().visit((session) => session.destroy());
    const attacker = browser.copy();
    app.store.beforeNext('load', outage);
    await browser.visit(async (session) => {
      await session.reload();
      session.data.user = 'VICTIM';
    });
    expect(await browser.visit((session) => session.data.user)).toBe('VICTIM');
    expect(await attacker.visit((session) => session.isNew)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['some keys', ['cart']],
    ['everything', { keep: true as const }],
  ] as const)(
    'gives nobody who knows the id from before a login what is written though regenerate failed, keeping %s',
    async (_, keep) => {
      const { app, browser } = await loggedIn();
      await browser.visit((session) => void (session.data.cart = ['sku-1']));
      const attacker = browser.copy();
      for (const write of [
        () => undefined,
        (session: Session) => session.save(),
        (session: Session) => session.update((data) => void (data.user = 'VICTIM')),
      ]) {
        const careless = browser.visit(async (session) => {
          for (const operation of ['save', 'destroy'] as const) app.store.beforeEach(operation, outage);
          const failed = await session.regenerate(keep).then(
            () => false,
            () => true,
          );
          for (const operation of ['save', 'destroy'] as const) app.store.beforeEach(operation, undefined);
          expect(failed).toBe(true);
          session.data.user = 'VICTIM';
          await write(session);
        });
        await expect(careless).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
        expect((await attacker.copy().visit((session) => session.data.user)) ?? 'nobody').not.toBe('VICTIM');
      }
    },
  );

  it('is written again when a second regenerate has given it another id', async () => {
    const { app, browser } = await loggedIn();
    const attacker = browser.copy();
    app.store.beforeNext('destroy', outage);
    await browser.visit(async (session) => {
      await session.regenerate().catch(() => session.regenerate());
      session.data.user = 'USER_456';
    });
    expect(await browser.visit((session) => session.data.user)).toBe('USER_456');
    expect(await attacker.visit((session) => session.data.user)).toBeUndefined();
  });

  it('is found again by reload, in the same request', async () => {
    const { app, browser } = await loggedIn();
    app.store.beforeNext('load', outage);
    await browser.visit(async (session) => {
      await session.reload();
      expect([session.isAvailable, session.isNew, session.data.user]).toEqual([true, false, 'USER_123']);
    });
  });

  it('is an empty session where told so, of which nothing is kept, and the cookie stays', async () => {
    const { app, browser } = await loggedIn({ onUnavailable: 'anonymous' });
    app.store.beforeNext('load', outage);
    await browser.visit((session) => {
      expect([session.isAvailable, session.data]).toEqual([false, {}]);
      session.data.cart = ['sku-1'];
    });
    expect(browser.setCookie).toBeUndefined();
    expect(app.store.operations).toEqual(['load']);
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123' });
  });

  it('asks a function that chooses', async () => {
    const onUnavailable = vi.fn().mockReturnValueOnce('anonymous').mockReturnValueOnce('error');
    const { app, browser } = await loggedIn({ onUnavailable });
    app.store.beforeEach('load', outage);
    await browser.visit((session) => session.data);
    await expect(browser.visit((session) => session.data)).rejects.toMatchObject(unavailable);
    expect(onUnavailable).toHaveBeenCalledWith(expect.objectContaining({ code: 'SESS_UNAVAILABLE' }));
  });

  it('outweighs a miss if a request has two cookies', async () => {
    const { app, browser } = await loggedIn();
    app.store.beforeNext('load', outage);
    const name = '__Host-sess';
    const unknown = `${name}=${cookieSigner([SECRET]).sign(name, newSessionId())}`;
    const connection = { secure: true, response: { headersSent: false } };
    const { current } = await app.sessions.open(`${browser.cookieHeader}; ${unknown}`, connection);
    expect(current.isAvailable).toBe(false);
  });
});
