import { buildApp as buildFastifyApp, listen as listenFastify } from '@sess/fastify-demo';
import { buildApp as buildKoaApp, listen as listenKoa } from '@sess/koa-demo';
import { memoryStore, SessionError, type SessionStore } from '@sess/session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CookieJar } from 'tough-cookie';
import { cookieOf, keepCookies } from '../src/users/user.ts';

const SECRET = 'a secret that is long enough for a test';
const ADDRESS = { host: '127.0.0.1', port: 0 };
const APPS = {
  fastify: (store: SessionStore) => listenFastify(buildFastifyApp({ store, secret: SECRET }), ADDRESS),
  koa: (store: SessionStore) => listenKoa(buildKoaApp({ store, secret: SECRET }), ADDRESS),
} as const;

/** Counts what is asked of the store, and can be out of reach. */
function watched(inner: SessionStore): SessionStore & { calls: number; away: boolean } {
  const store = {
    calls: 0,
    away: false,
    name: 'watched',
    load: (...args: Parameters<SessionStore['load']>) => pass(() => inner.load(...args)),
    save: (...args: Parameters<SessionStore['save']>) => pass(() => inner.save(...args)),
    touch: (...args: Parameters<SessionStore['touch']>) => pass(() => inner.touch(...args)),
    destroy: (...args: Parameters<SessionStore['destroy']>) => pass(() => inner.destroy(...args)),
    close: () => inner.close(),
  };
  const pass = async <T>(work: () => Promise<T>): Promise<T> => {
    store.calls += 1;
    if (store.away) throw new SessionError('SESS_UNAVAILABLE', 'the test took the store away');
    return work();
  };
  return store;
}

describe.each(['fastify', 'koa'] as const)('the %s demo', (framework) => {
  let store: ReturnType<typeof watched>;
  let app: Awaited<ReturnType<(typeof APPS)['koa']>>;
  let visitor: { readonly jar: CookieJar };

  beforeEach(async () => {
    store = watched(memoryStore());
    app = await APPS[framework](store);
    visitor = { jar: new CookieJar() };
  });
  afterEach(() => app.close());

  async function ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown; headers: Headers }> {
    const headers: Record<string, string> = {};
    const cookie = cookieOf(visitor);
    if (cookie !== undefined) headers['cookie'] = cookie;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${app.url}${path}`, { method, headers, ...(body === undefined ? {} : { body: text }) });
    keepCookies(visitor, answer.headers.getSetCookie());
    const reply = await answer.text();
    return { status: answer.status, body: reply === '' ? undefined : JSON.parse(reply), headers: answer.headers };
  }

  it('logs in, under a new session id each time', async () => {
    const first = await ask('POST', '/login', { user: 'USER_123' });
    expect(first).toMatchObject({ status: 200, body: { user: 'USER_123', role: 'customer' } });
    const cookie = cookieOf(visitor);
    expect(cookie).toMatch(/^sess=/);
    await ask('POST', '/login', { user: 'USER_123' });
    expect(cookieOf(visitor)).not.toBe(cookie);
  });

  it('shows the profile of who is logged in, with an empty cart at first', async () => {
    await ask('POST', '/login', { user: 'USER_123' });
    expect(await ask('GET', '/profile')).toMatchObject({ status: 200, body: { user: 'USER_123', cart: [] } });
  });

  it('answers 401 without a login', async () => {
    expect(await ask('GET', '/profile')).toMatchObject({
      status: 401,
      body: { statusCode: 401, error: 'Unauthorized' },
    });
  });

  it("keeps a cart, a visitor's too, and takes it along into the login", async () => {
    expect(await ask('POST', '/cart', { item: 'sku-1' })).toMatchObject({ status: 200, body: { cart: ['sku-1'] } });
    expect(await ask('POST', '/cart', { item: 'sku-2' })).toMatchObject({
      status: 200,
      body: { cart: ['sku-1', 'sku-2'] },
    });
    await ask('POST', '/login', { user: 'USER_123' });
    expect((await ask('GET', '/profile')).body).toEqual({ user: 'USER_123', cart: ['sku-1', 'sku-2'] });
  });

  it('does not hand the cart of one user to the next', async () => {
    await ask('POST', '/login', { user: 'USER_123' });
    await ask('POST', '/cart', { item: 'sku-1' });
    await ask('POST', '/login', { user: 'USER_456' });
    expect((await ask('GET', '/profile')).body).toEqual({ user: 'USER_456', cart: [] });
  });

  it('fills a cart up to 100 items, and says that it is full', async () => {
    for (let item = 1; item <= 100; item += 1) await ask('POST', '/cart', { item: `sku-${item}` });
    expect(await ask('POST', '/cart', { item: 'one more' })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('100 items') },
    });
  });

  it('logs out on the server, so that the old cookie is worth nothing', async () => {
    await ask('POST', '/login', { user: 'USER_123' });
    const cookie = cookieOf(visitor);
    expect(await ask('POST', '/logout')).toMatchObject({ status: 204, body: undefined });
    expect(cookieOf(visitor)).toBeUndefined();
    keepCookies(visitor, cookie);
    expect((await ask('GET', '/profile')).status).toBe(401);
  });

  it('tells its health without a session', async () => {
    await ask('POST', '/login', { user: 'USER_123' });
    store.calls = 0;
    expect(await ask('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(store.calls).toBe(0);
    store.away = true;
    expect((await ask('GET', '/health')).status).toBe(200);
  });

  it('answers 503, not 401, while the sessions are out of reach, and lets the browser keep its cookie', async () => {
    await ask('POST', '/login', { user: 'USER_123' });
    const cookie = cookieOf(visitor);
    store.away = true;
    const away = await ask('GET', '/profile');
    expect(away).toMatchObject({ status: 503, body: { statusCode: 503, error: 'Service Unavailable' } });
    expect(away.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(cookieOf(visitor)).toBe(cookie);
    store.away = false;
    expect((await ask('GET', '/profile')).status).toBe(200);
  });

  it.each([
    ['/login', {}, 'user'],
    ['/login', { user: '' }, 'user'],
    ['/login', { user: 7 }, 'user'],
    ['/login', { user: 'x'.repeat(101) }, 'user'],
    ['/login', [], 'user'],
    ['/cart', { item: null }, 'item'],
    ['/cart', { user: 'USER_123' }, 'item'],
  ])('refuses %s %j with 400 and words that say what to send', async (path, body, field) => {
    const answer = await ask('POST', path, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { statusCode: 400, error: 'Bad Request', message: expect.stringContaining(`{"${field}":`) },
    });
    expect(cookieOf(visitor)).toBeUndefined();
  });

  it('refuses a body that is not JSON, or too large', async () => {
    expect((await ask('POST', '/login', '{"user":')).status).toBe(400);
    expect((await ask('POST', '/cart', { item: 'x'.repeat(20_000) })).status).toBe(413);
  });

  it('refuses a login without a body', async () => {
    expect((await ask('POST', '/login')).status).toBe(400);
  });
});
