import { sessions } from '@sess/koa-middleware';
import Koa from 'koa';
import { type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listenWith } from '../listen.ts';

declare module '@sess/session' {
  interface SessionData {
    benchmarkCart?: Cart;
  }
}

export async function start(memcached: string): Promise<number> {
  const app = new Koa();
  app.use(sessions({ servers: `memcached://${memcached}`, secret: SECRET, ttlSeconds: TTL_SECONDS, cookie: { secure: false } }));
  app.use((ctx) => {
    if (ctx.method === 'POST') ctx.session.data.benchmarkCart = fullCart();
    ctx.body = ctx.method === 'POST' ? { stored: true } : ctx.session.data.benchmarkCart;
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
