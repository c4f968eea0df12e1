import { memoryStore, type Session, type SessionData } from '@sess/session';
import type { Context, Middleware } from 'koa';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { sessions, type KoaSessionsOptions } from '../src/index.ts';
import { browse, SECRET, shop } from './shop.ts';

describe('registration', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no store', {}, /exactly one of "servers"/],
    ['an unset variable', { servers: process.env['SESS_TEST_NEVER_SET'] }, /is an environment variable unset\?/],
    ['no secret', { store: memoryStore(), secret: undefined }, /"secret" is missing.*randomBytes/],
    ['a slip of the pen', { store: memoryStore(), ttlSecond: 3_600 }, /did you mean "ttlSeconds"\?/],
    [
      'no function that says what prolongs a life',
      { store: memoryStore(), touch: false },
      /"touch" is boolean; expected a function of ctx/,
    ],
    ['a path to ignore', { store: memoryStore(), ignore: '/health' }, /"ignore" is string; expected a function of ctx/],
  ])('fails with %s, and says what to do', (_, options, message) => {
    const given = { secret: SECRET, ...options } as KoaSessionsOptions;
    expect(() => sessions(given)).toThrow(expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }));
  });

  it('fails a second time, at the first request', async () => {
    const app = shop();
    app.middleware.unshift(sessions({ store: memoryStore(), secret: SECRET }));
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    expect((await (await browse(app)).fetch('/profile')).status).toBe(500);
    expect(errors).toMatchObject([{ code: 'SESS_REGISTERED_TWICE' }]);
  });

  it('fails beside another session middleware, at the first request', async () => {
    const app = shop();
    Object.defineProperty(app.context, 'session', { get: () => ({ another: true }) });
    expect((await (await browse(app)).fetch('/profile')).status).toBe(500);
  });

  it('lets two share the requests, where each ignores what the other takes', async () => {
    const app = shop({ ignore: (ctx) => ctx.path === '/profile' });
    const cookie = { name: 'profile' };
    app.middleware.unshift(
      sessions({ store: memoryStore(), secret: SECRET, secure: false, cookie, ignore: (ctx) => ctx.path !== '/profile' }),
    );
    const browser = await browse(app);
    expect((await browser.fetch('/profile')).status).toBe(200);
    expect((await browser.post('/login')).status).toBe(200);
  });

  it('refuses two that share a cookie, though no request meets both', async () => {
    const app = shop({ ignore: (ctx) => ctx.path.startsWith('/admin') });
    app.middleware.unshift(
      sessions({ store: memoryStore(), secret: SECRET, secure: false, ignore: (ctx) => !ctx.path.startsWith('/admin') }),
    );
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    expect((await (await browse(app)).fetch('/profile')).status).toBe(500);
    expect(errors).toMatchObject([{ code: 'SESS_BAD_OPTION', message: expect.stringContaining('"cookie.name"') }]);
  });

  it('says so where something before it set ctx.session', async () => {
    const app = shop();
    await (await browse(app)).fetch('/profile');
    const late = shop();
    late.middleware.unshift((ctx, next) => {
      Object.defineProperty(ctx, 'session', { value: null, writable: true });
      return next();
    });
    const errors: unknown[] = [];
    late.on('error', (error) => errors.push(error));
    expect((await (await browse(late)).fetch('/profile')).status).toBe(500);
    expect(errors).toMatchObject([{ code: 'SESS_REGISTERED_TWICE' }]);
  });

  it('does not take null for a logout, as another session middleware does', async () => {
    const app = shop({}, { '/logout': (ctx) => void Object.assign(ctx, { session: null }) });
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    expect((await (await browse(app)).fetch('/logout')).status).toBe(500);
    expect(errors).toMatchObject([{ message: expect.stringContaining('await ctx.session.destroy()') }]);
  });

  it('gives a middleware that can be closed, twice', async () => {
    const store = memoryStore();
    const middleware = sessions({ store, secret: SECRET });
    await middleware.close();
    await middleware.close();
    await expect(store.load('key')).resolves.toBeUndefined();
  });
});

describe('types', () => {
  it('know ctx.session, and the data that the application declared', () => {
    expectTypeOf<Context['session']>().toEqualTypeOf<Session>();
    expectTypeOf<Parameters<Middleware>[0]['session']>().toEqualTypeOf<Session>();
    expectTypeOf<SessionData['userId']>().toEqualTypeOf<string | undefined>();
  });

  it('refuse what was not declared', () => {
    // @ts-expect-error -- a field that no SessionData declares
    expectTypeOf<Context['session']['data']['unheardOf']>();
  });
});
