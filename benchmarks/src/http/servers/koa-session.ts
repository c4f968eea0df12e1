import { promisify } from 'node:util';
import Koa from 'koa';
import session from 'koa-session';
import Memcached from 'memcached';
import { fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listenWith } from '../listen.ts';

export async function start(memcached: string): Promise<number> {
  const client = new Memcached(memcached);
  const get = promisify<string, unknown>(client.get.bind(client));
  const set = promisify<string, unknown, number, unknown>(client.set.bind(client));
  const del = promisify<string, unknown>(client.del.bind(client));
  const app = new Koa();
  app.keys = [SECRET];
  app.use(
    session(
      {
        maxAge: TTL_SECONDS * 1000,
        store: {
          get: (key) => get(`koa/${key}`),
          set: (key, value) => set(`koa/${key}`, value, TTL_SECONDS),
          destroy: (key) => del(`koa/${key}`),
        },
      },
      app,
    ),
  );
  app.use((ctx) => {
    if (ctx.session === null) throw new Error('koa-session gave no session');
    if (ctx.method === 'POST') ctx.session['cart'] = fullCart();
    ctx.body = ctx.method === 'POST' ? { stored: true } : ctx.session['cart'];
  });
  return listenWith(app.callback());
}
