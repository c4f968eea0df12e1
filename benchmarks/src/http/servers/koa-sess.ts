import { sessions } from '@sess/koa-middleware';
import Koa from 'koa';
import { addOne, type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listenWith } from '../listen.ts';

declare module '@sess/session' {
  interface SessionData {
    benchmarkCart?: Cart;
    benchmarkUser?: string;
  }
}

export async function start(memcached: string): Promise<number> {
  const app = new Koa();
  app.use(
    sessions({
      servers: `memcached://${memcached}`,
      secret: SECRET,
      ttlSeconds: TTL_SECONDS,
      cookie: { secure: false },
    }),
  );
  app.use(async (ctx) => {
    if (ctx.method === 'GET') {
      ctx.body = ctx.session.data.benchmarkCart;
      return;
    }
    if (ctx.path === '/login') {
      await ctx.session.regenerate();
      ctx.session.data.benchmarkUser = 'USER_123';
    } else if (ctx.path === '/cart') ctx.session.data.benchmarkCart = fullCart();
    else if (ctx.session.data.benchmarkCart !== undefined) addOne(ctx.session.data.benchmarkCart);
    ctx.body = { stored: true };
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
