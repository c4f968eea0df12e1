/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { get } from 'node:http';
import { failingStore, type Browser } from '@sess/conformance';
import { SessionError, type SaveEvent } from '@sess/session';
import { describe, expect, it, vi } from 'vitest';
import { browse, shop } from './shop.ts';

describe('the response that sets the cookie', () => {
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
