import { memoryStore, type Session, type SessionData } from '@sess/session';
import Koa, { type Context, type Middleware, type ParameterizedContext } from 'koa';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { sessions, type KoaSessionsOptions } from '../src/index.ts';
import { browse, SECRET, shop } from './shop.ts';

const isAdmin = (ctx: ParameterizedContext): boolean => ctx.path.startsWith('/admin');

describe('registration', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'no function that says what prolongs a life',
      { store: memoryStore(), touch: false },
      /"touch" is boolean; expected a function of ctx/,
    ],
    ['a path to ignore', { store: memoryStore(), ignore: '/health' }, /"ignore" is string; expected a function of ctx/],
  ])('fails with %s, and says what to do', (_, options, message) => {
    const given = { secret: SECRET, ...options } as KoaSessionsOptions;
    expect(() => sessions(given)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('fails where nobody called it, and says how', async () => {
    const app = new Koa();
    app.use(sessions as unknown as Middleware);
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    expect((await (await browse(app)).fetch('/profile')).status).toBe(500);
    expect(errors).toMatchObject([
      { code: 'SESS_BAD_OPTION', message: expect.stringContaining('app.use(sessions({ servers, secret }))') },
    ]);
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

  it('fails a second time at once, where it is told the application', () => {
    const app = new Koa();
    app.use(sessions({ store: memoryStore(), secret: SECRET }, app));
    const again = () => sessions({ store: memoryStore(), secret: SECRET }, app);
    expect(again).toThrow(expect.objectContaining({ code: 'SESS_REGISTERED_TWICE' }));
    expect(() => sessions({ store: memoryStore(), secret: SECRET }, {} as Koa)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
    );
  });

  it('is not confused by an application that is told, and by two that share its requests', async () => {
    const app = new Koa();
    const options = { store: memoryStore(), secret: SECRET, secure: false };
    app.use(sessions({ ...options, ignore: isAdmin }, app));
    app.use(sessions({ ...options, ignore: (ctx) => !isAdmin(ctx), cookie: { name: 'admin' } }, app));
    app.use((ctx) => {
      ctx.session.data.userId = ctx.path;
      ctx.body = {};
    });
    const browser = await browse(app);
    for (const path of ['/', '/admin']) expect((await browser.fetch(path)).status).toBe(200);
    expect([...browser.cookies.keys()].toSorted()).toEqual(['admin', 'sess']);
  });

  it('warns of ctx.session before the middleware, once, and not where it is ignored', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const app = new Koa();
    app.silent = true;
    app.use((ctx, next) => {
      if (ctx.path === '/early') ctx.session.data.userId = 'USER_123';
      return next();
    });
    app.use(
      sessions({ store: memoryStore(), secret: SECRET, secure: false, ignore: (ctx) => ctx.path === '/ignored' }, app),
    );
    app.use((ctx) => void (ctx.body = typeof ctx.session));
    const browser = await browse(app);
    expect(await (await browser.fetch('/ignored')).text()).toBe('undefined');
    expect(warning).not.toHaveBeenCalled();
    for (let request = 0; request < 2; request += 1) expect((await browser.fetch('/early')).status).toBe(500);
    expect(warning.mock.calls).toEqual([
      [expect.stringMatching(/app\.use\(sessions/), { type: 'SessWarning', code: 'SESS_TOO_EARLY' }],
    ]);
    warning.mockRestore();
  });

  it('lets two share the requests, where each ignores what the other takes', async () => {
    const app = shop({ ignore: (ctx) => ctx.path === '/profile' });
    const cookie = { name: 'profile' };
    app.middleware.unshift(
      sessions({
        store: memoryStore(),
        secret: SECRET,
        secure: false,
        cookie,
        ignore: (ctx) => ctx.path !== '/profile',
      }),
    );
    const browser = await browse(app);
    expect((await browser.fetch('/profile')).status).toBe(200);
    expect((await browser.post('/login')).status).toBe(200);
  });

  it('refuses two that share a cookie, though no request meets both', async () => {
    const app = shop({ ignore: (ctx) => ctx.path.startsWith('/admin') });
    app.middleware.unshift(
      sessions({
        store: memoryStore(),
        secret: SECRET,
        secure: false,
        ignore: (ctx) => !ctx.path.startsWith('/admin'),
      }),
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
