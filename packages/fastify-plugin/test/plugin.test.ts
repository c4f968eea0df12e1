/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { get } from 'node:http';
import { Readable } from 'node:stream';
import { failingStore, type Browser } from '@sess/conformance';
import { SessionError, type SaveEvent } from '@sess/session';
import { describe, expect, it, vi } from 'vitest';
import { browse, shop } from './shop.ts';

describe('a session over HTTP', () => {
  it('lives from login to logout', async () => {
    const browser = await browse(await shop());
    expect(await browser.json('/profile')).toEqual({ user: null, cart: [] });
    expect(browser.cookies.size).toBe(0);
    await browser.post('/login');
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: [] });
    const thief = browser.copy();
    expect((await browser.post('/logout')).status).toBe(204);
    expect(browser.cookies.size).toBe(0);
    expect(await thief.json('/profile')).toEqual({ user: null, cart: [] });
  });

  it('gets another id at login, and the old one is dead', async () => {
    const app = await shop();
    app.post('/cart', async (request) => void (request.session.data.cart = ['sku-1']));
    const browser = await browse(app);
    await browser.post('/cart');
    const thief = browser.copy();
    await browser.post('/login');
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: ['sku-1'] });
    expect(await thief.json('/profile')).toEqual({ user: null, cart: [] });
  });
});

describe('the response that sets the cookie', () => {
  it('has a plain cookie over plain HTTP', async () => {
    const response = await (await browse(await shop())).post('/login');
    expect(response.headers.get('set-cookie')).toMatch(/^sess=[\w-]{32}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('has a __Host- cookie behind a trusted proxy that ends TLS', async () => {
    const app = await shop({ secure: 'auto' }, { trustProxy: true });
    const browser = await browse(app, { 'x-forwarded-proto': 'https' });
    const response = await browser.post('/login');
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-sess=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(await browser.json('/profile')).toMatchObject({ user: 'USER_123' });
  });

  it('is not to be stored by caches, unless the application says otherwise', async () => {
    const app = await shop();
    app.post('/mine', async (request, reply) => {
      request.session.data.userId = 'USER_123';
      return reply.header('cache-control', 'private').send('ok');
    });
    const browser = await browse(app);
    expect((await browser.post('/login')).headers.get('cache-control')).toBe('no-store');
    expect((await browser.post('/mine')).headers.get('cache-control')).toBe('private');
    expect((await browser.fetch('/profile')).headers.get('cache-control')).toBeNull();
  });

  it('keeps the cookies of the application', async () => {
    const app = await shop();
    app.post('/two', async (request, reply) => {
      request.session.data.userId = 'USER_123';
      reply.header('set-cookie', ['theme=dark', 'lang=en']);
      return 'ok';
    });
    app.post('/raw', async (request, reply) => {
      request.session.data.userId = 'USER_123';
      reply.raw.setHeader('set-cookie', 'theme=dark');
      return 'ok';
    });
    const browser = await browse(app);
    const names = async (path: string): Promise<string[]> =>
      (await browser.copy().post(path)).headers.getSetCookie().map((line) => line.replace(/=.*/, ''));
    expect(await names('/two')).toEqual(['theme', 'lang', 'sess']);
    expect(await names('/raw')).toEqual(['theme', 'sess']);
  });
});

describe('a route with config: { session: false }', () => {
  it('costs no session work, and has none', async () => {
    const store = failingStore();
    const app = await shop({ store, onUnavailable: 'error' });
    app.get('/health', { config: { session: false } }, async () => 'ok');
    app.get('/none', { config: { session: false } }, async (request) => ({ session: typeof request.session }));
    const browser = await browse(app);
    await browser.post('/login');
    store.down = true;
    expect(await (await browser.fetch('/health')).text()).toBe('ok');
    expect(await browser.json('/none')).toEqual({ session: 'undefined' });
  });
});

describe('responses of every kind', () => {
  it('save the session: errors', async () => {
    const app = await shop();
    app.get('/throws', async (request) => {
      request.session.data.cart = ['before the error'];
      throw new Error('a bug');
    });
    const browser = await browse(app);
    expect((await browser.fetch('/throws')).status).toBe(500);
    expect(await browser.json('/profile')).toMatchObject({ cart: ['before the error'] });
  });

  it('save the session: not found', async () => {
    const app = await shop();
    app.setNotFoundHandler(async (request, reply) => {
      request.session.data.cart = ['lost'];
      return reply.code(404).send('nothing here');
    });
    const browser = await browse(app);
    expect((await browser.fetch('/nowhere')).status).toBe(404);
    expect(await browser.json('/profile')).toMatchObject({ cart: ['lost'] });
  });

  it('save the session: streams, before the first byte', async () => {
    const app = await shop();
    app.get('/stream', async (request, reply) => {
      request.session.data.cart = ['streamed'];
      return reply.send(Readable.from(['one', 'two']));
    });
    const browser = await browse(app);
    expect(await (await browser.fetch('/stream')).text()).toBe('onetwo');
    expect(await browser.json('/profile')).toMatchObject({ cart: ['streamed'] });
  });

  it('save the session: HEAD, redirects and empty ones', async () => {
    const app = await shop();
    const seen: string[] = [];
    for (const [path, status] of [
      ['/moved', 302],
      ['/empty', 204],
      ['/same', 304],
    ] as const) {
      app.get(path, async (request, reply) => {
        seen.push(path);
        request.session.data.cart = [...seen];
        return reply.code(status).header('location', '/profile').send();
      });
    }
    const browser = await browse(app);
    await browser.fetch('/moved', { method: 'HEAD', redirect: 'manual' });
    for (const path of ['/moved', '/empty', '/same']) await browser.fetch(path, { redirect: 'manual' });
    expect(await browser.json('/profile')).toMatchObject({ cart: ['/moved', '/moved', '/empty', '/same'] });
  });

  it('save the session: of a client that has gone away', async () => {
    const app = await shop();
    const arrived = new EventEmitter();
    app.get('/slow', async (request) => {
      const gone = once(request.raw.socket, 'close');
      arrived.emit('request');
      await gone;
      request.session.data.cart = ['saved all the same'];
      return 'to nobody';
    });
    const browser = await browse(app);
    await browser.post('/login');
    const saved = nextSave('changed');
    const impatient = get(`${browser.origin}/slow`, { headers: { cookie: `sess=${browser.cookies.get('sess')}` } });
    arrived.once('request', () => impatient.destroy());
    await expect(once(impatient, 'response')).rejects.toThrow('socket hang up');
    await saved;
    expect(await browser.json('/profile')).toMatchObject({ cart: ['saved all the same'] });
  });

  it('are the handler’s own after reply.hijack(): it saves by itself', async () => {
    const app = await shop();
    app.get('/hijacked', async (request, reply) => {
      request.session.data.cart = ['by hand'];
      await request.session.save();
      reply.hijack();
      reply.raw.end('raw');
    });
    const browser = await browse(app);
    await browser.post('/login');
    expect(await (await browser.fetch('/hijacked')).text()).toBe('raw');
    expect(await browser.json('/profile')).toMatchObject({ cart: ['by hand'] });
  });

  it('can not carry a session that begins after their headers', async () => {
    const app = await shop();
    app.get('/late', async (request, reply) => {
      reply.hijack();
      reply.raw.write('headers and all');
      request.session.data.cart = ['too late'];
      const error: unknown = await request.session.save().catch((failure: unknown) => failure);
      reply.raw.end(error instanceof SessionError ? error.code : '');
    });
    expect(await (await (await browse(app)).fetch('/late')).text()).toBe('headers and allSESS_HEADERS_SENT');
  });
});

describe('a store that is out of reach', () => {
  it('answers 503 where the session is used, and leaves the cookie alone', async () => {
    const store = failingStore();
    const browser = await browse(await shop({ store }));
    await browser.post('/login');
    store.down = true;
    const refused = await browser.fetch('/profile');
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('set-cookie')]).toEqual([
      503,
      '5',
      null,
    ]);
    store.down = false;
    expect(await browser.json('/profile')).toMatchObject({ user: 'USER_123' });
  });

  it('fails requests with 503 and Retry-After where told so, but not those without a session', async () => {
    const store = failingStore();
    const browser = await browse(await shop({ store, onUnavailable: 'error' }));
    const stranger = browser.copy();
    await browser.post('/login');
    store.down = true;
    const response = await browser.fetch('/profile');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.json()).toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect((await stranger.fetch('/profile')).status).toBe(200);
  });

  it('fails a request whose change it could not take, whatever status the handler set', async () => {
    const store = failingStore();
    const app = await shop({ store });
    app.post('/cart', async (request, reply) => {
      request.session.data.cart = ['sku-1'];
      store.down = true;
      return reply.code(201).send({ added: true });
    });
    const response = await (await browse(app)).post('/cart');
    expect([response.status, response.headers.get('retry-after'), response.headers.get('set-cookie')]).toEqual([
      503,
      '5',
      null,
    ]);
  });

  it('sends a new id with the error, where only what came after it could not be saved', async () => {
    const store = failingStore();
    const app = await shop({ store });
    app.post('/elevate', async (request) => {
      await request.session.regenerate({ keep: true });
      request.session.data.cart = ['too late'];
      store.down = true;
    });
    const browser = await browse(app);
    await browser.post('/login');
    expect((await browser.post('/elevate')).status).toBe(503);
    store.down = false;
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: [] });
  });
});

/** Resolves when a session has been saved for this reason. */
async function nextSave(reason: SaveEvent['reason']): Promise<void> {
  await new Promise<void>((resolve) => {
    const listener = (payload: unknown): void => {
      const event = payload as SaveEvent;
      if (event.reason !== reason || event.outcome !== 'written') return;
      unsubscribe('sess:session:save', listener);
      resolve();
    };
    subscribe('sess:session:save', listener);
  });
}

/** What is warned of on the process while the store is down and when it is back. */
async function warnedOf(browser: Browser, store: { down: boolean }): Promise<readonly unknown[]> {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await browser.post('/login');
  store.down = true;
  for (let request = 0; request < 3; request += 1) expect((await browser.fetch('/profile')).status).toBe(503);
  store.down = false;
  expect((await browser.fetch('/profile')).status).toBe(200);
  const codes = warning.mock.calls.map(([, options]) => (options as { code?: unknown }).code);
  warning.mockRestore();
  return codes;
}

describe('an outage', () => {
  it('is a process warning where Fastify has no logger, which is its default', async () => {
    const store = failingStore();
    for (const server of [{}, { logger: false }]) {
      expect(await warnedOf(await browse(await shop({ store }, server)), store)).toEqual([
        'SESS_OUT_OF_REACH',
        'SESS_IN_REACH',
      ]);
    }
  });

  it('is none where it has one, though it be silent', async () => {
    const store = failingStore();
    expect(await warnedOf(await browse(await shop({ store }, { logger: { level: 'silent' } })), store)).toEqual([]);
  });
});
