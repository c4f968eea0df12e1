import { failingStore, warningsOfOutage } from '@sess/conformance';
import { describe, expect, it } from 'vitest';
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

it('an outage is a process warning, also where the application is silent', async () => {
  const store = failingStore();
  expect(await warningsOfOutage(await browse(shop({ store })), store)).toEqual(['SESS_OUT_OF_REACH', 'SESS_IN_REACH']);
});
