import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import { MAX_ITEMS, type AppOptions } from '@sess/demo-app';
import { sessions } from '@sess/koa-middleware';
import Koa from 'koa';
import { bodyText } from './bodies.ts';
import { jsonErrors } from './json-errors.ts';
import './session-data.ts';

const BODY_LIMIT = '16kb';
/** Health checks need no session. */
const HEALTH = '/health';

/** A Koa application with a method that closes its sessions and their database: Koa itself has none. */
export type ClosableKoa = Koa & { readonly close: () => Promise<void> };

/** The demo shop on Koa. It does not listen yet. */
export function buildApp({ ttlSeconds = 3_600, ...where }: AppOptions): ClosableKoa {
  const app = new Koa();
  app.use(jsonErrors);
  // A session that is out of reach returns 503: a logged-in user must not be treated as logged out.
  const withSession = sessions({ ...where, ttlSeconds, onUnavailable: 'error', ignore: (ctx) => ctx.path === HEALTH });
  app.use(withSession);
  app.use(bodyParser({ jsonLimit: BODY_LIMIT }));
  app.use(shop().routes());
  return Object.assign(app, { close: () => withSession.close() });
}

function shop(): Router {
  const router = new Router();

  router.post('/login', async (ctx) => {
    const user = bodyText(ctx, 'user', 'USER_123');
    const { session } = ctx;
    // Keeps a visitor's cart at login, but not the cart of another user.
    const isTheirs = session.data.user === undefined || session.data.user === user;
    await session.regenerate({ keep: isTheirs ? ['cart'] : [], restartLifetime: true });
    session.data.user = user;
    session.data.role = 'customer';
    ctx.body = { user, role: session.data.role };
  });

  router.get('/profile', (ctx) => {
    const { user, cart = [] } = ctx.session.data;
    if (user === undefined) ctx.throw(401, 'nobody is logged in; POST /login first');
    ctx.body = { user, cart };
  });

  router.post('/cart', (ctx) => {
    const item = bodyText(ctx, 'item', 'sku-1');
    const cart = [...(ctx.session.data.cart ?? []), item];
    if (cart.length > MAX_ITEMS) ctx.throw(409, `the cart is full: it holds ${MAX_ITEMS} items`);
    ctx.session.data.cart = cart;
    ctx.body = { cart };
  });

  router.post('/logout', async (ctx) => {
    await ctx.session.destroy();
    ctx.status = 204;
  });

  router.get(HEALTH, (ctx) => {
    ctx.body = { status: 'ok' };
  });

  return router;
}
