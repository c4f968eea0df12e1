import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { get } from 'node:http';
import { Readable } from 'node:stream';
import { failingStore, type Browser } from '@sess/conformance';
import { SessionError, type SaveEvent } from '@sess/session';
import type { Context } from 'koa';
import { describe, expect, it, vi } from 'vitest';
import { browse, shop } from './shop.ts';

describe('the response that sets the cookie', () => {
  it('keeps the cookies of the application', async () => {
    const app = shop(
      {},
      {
        '/two'(ctx) {
          ctx.session.data.userId = 'USER_123';
          ctx.cookies.set('theme', 'dark');
          ctx.cookies.set('lang', 'en');
        },
      },
    );
    const response = await (await browse(app)).post('/two');
    expect(response.headers.getSetCookie().map((line) => line.replace(/=.*/, ''))).toEqual(['theme', 'lang', 'sess']);
  });
});

describe('a request that is ignored', () => {
  it('costs no session work, and has none, for error listeners too', async () => {
    const store = failingStore();
    const app = shop(
      { store, onUnavailable: 'error', ignore: (ctx) => ctx.path.startsWith('/health') },
      { '/health': (ctx) => (ctx.body = 'ok'), '/health/mistake': () => Promise.reject(new Error('a bug')) },
    );
    const errors: unknown[] = [];
    app.on('error', (_, ctx: Context) => errors.push(ctx.session?.data.userId));
    const browser = await browse(app);
    await browser.post('/login');
    store.down = true;
    expect(await (await browser.fetch('/health')).text()).toBe('ok');
    expect((await browser.fetch('/health/mistake')).status).toBe(500);
    expect(errors).toEqual([undefined]);
  });
});

describe('responses of every kind', () => {
  it('save the session: not found, streams, redirects and empty ones', async () => {
    const app = shop(
      {},
      {
        '/stream'(ctx) {
          ctx.session.data.cart = [...(ctx.session.data.cart ?? []), 'streamed'];
          ctx.body = Readable.from(['one', 'two']);
        },
        '/moved'(ctx) {
          ctx.session.data.cart?.push('moved');
          ctx.redirect('/profile');
        },
        '/nowhere': (ctx) => ctx.session.data.cart?.push('lost'),
        '/same'(ctx) {
          ctx.session.data.cart?.push('same');
          ctx.status = 304;
        },
      },
    );
    const browser = await browse(app);
    expect(await (await browser.fetch('/stream')).text()).toBe('onetwo');
    await browser.fetch('/stream', { method: 'HEAD' });
    for (const path of ['/moved', '/nowhere', '/same']) await browser.fetch(path, { redirect: 'manual' });
    expect(await browser.json('/profile')).toMatchObject({ cart: ['streamed', 'streamed', 'moved', 'lost', 'same'] });
  });

  it('save the session: of a client that has gone away', async () => {
    const app = shop(
      {},
      {
        async '/slow'(ctx) {
          const gone = once(ctx.req.socket, 'close');
          ctx.app.emit('arrived');
          await gone;
          ctx.session.data.cart = ['saved all the same'];
        },
      },
    );
    const browser = await browse(app);
    await browser.post('/login');
    const saved = nextSave('changed');
    const impatient = get(`${browser.origin}/slow`, { headers: { cookie: `sess=${browser.cookies.get('sess')}` } });
    app.once('arrived', () => impatient.destroy());
    await expect(once(impatient, 'response')).rejects.toThrow('socket hang up');
    await saved;
    expect(await browser.json('/profile')).toMatchObject({ cart: ['saved all the same'] });
  });

  it('can not carry a session that begins after their headers', async () => {
    const app = shop(
      {},
      {
        async '/late'(ctx) {
          ctx.respond = false;
          ctx.res.write('headers and all');
          ctx.session.data.cart = ['too late'];
          const error: unknown = await ctx.session.save().catch((failure: unknown) => failure);
          ctx.res.end(error instanceof SessionError ? error.code : '');
        },
      },
    );
    expect(await (await (await browse(app)).fetch('/late')).text()).toBe('headers and allSESS_HEADERS_SENT');
  });
});

describe('errors in the application', () => {
  it('save the session, and its cookie reaches the browser though Koa removes all headers', async () => {
    const thrown = new Error('a bug');
    const app = shop(
      {},
      {
        '/throws'(ctx) {
          ctx.session.data.cart = ['before the error'];
          ctx.set('x-other', 'removed');
          throw thrown;
        },
      },
    );
    const browser = await browse(app);
    const response = await browser.fetch('/throws');
    expect([response.status, response.headers.get('x-other'), response.headers.get('cache-control')]).toEqual([
      500,
      null,
      'no-store',
    ]);
    expect(await browser.json('/profile')).toMatchObject({ cart: ['before the error'] });
  });

  it('that are thrown again for another visitor carry nobody’s cookie', async () => {
    const shared = Object.assign(new Error('not today'), { status: 418 });
    const app = shop(
      {},
      {
        '/tea'(ctx) {
          if (ctx.query['buy'] === 'yes') ctx.session.data.cart = ['tea'];
          throw shared;
        },
      },
    );
    const buyer = await browse(app);
    const stranger = buyer.copy();
    await buyer.fetch('/tea?buy=yes');
    expect(buyer.cookies.size).toBe(1);
    const response = await stranger.fetch('/tea');
    expect([response.status, response.headers.get('set-cookie')]).toEqual([418, null]);
    expect(shared).not.toHaveProperty('headers');
  });

  it('that come after the session was saved leave its cookie, too', async () => {
    const app = shop();
    app.middleware.unshift(async (_, next) => {
      await next();
      throw new Error('on the way out');
    });
    const browser = await browse(app);
    expect((await browser.post('/login')).status).toBe(500);
    expect(browser.cookies.size).toBe(1);
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

it('an outage is a process warning, also where the application is silent', async () => {
  const store = failingStore();
  expect(await warnedOf(await browse(shop({ store })), store)).toEqual(['SESS_OUT_OF_REACH', 'SESS_IN_REACH']);
});
