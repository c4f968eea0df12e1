import { promisify } from 'node:util';
import Koa, { type Middleware } from 'koa';
import Memcached from 'memcached';
import { addOne, type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listenWith } from '../listen.ts';

/** Loaded without its types: like ours, they declare `ctx.session`, and a program can have only one declaration. */
const PEER: string = 'koa-session';

type Session = (options: Record<string, unknown>, app: Koa) => Middleware;

interface KeptSession {
  cart?: Cart;
  user?: string;
  regenerate(): Promise<void>;
}

const sessionOf = (ctx: object): KeptSession => (ctx as { session: KeptSession }).session;

export async function start(memcached: string): Promise<number> {
  const { default: session } = (await import(PEER)) as { default: Session };
  const client = new Memcached(memcached);
  const get = promisify<string, unknown>(client.get.bind(client));
  const set = promisify<string, unknown, number, unknown>(client.set.bind(client));
  const del = promisify<string, unknown>(client.del.bind(client));
  const app = new Koa();
  app.keys = [SECRET];
  const store = {
    get: (key: string) => get(`koa/${key}`),
    set: (key: string, value: unknown) => set(`koa/${key}`, value, TTL_SECONDS),
    destroy: (key: string) => del(`koa/${key}`),
  };
  app.use(session({ maxAge: TTL_SECONDS * 1000, store }, app));
  app.use(async (ctx) => {
    if (ctx.method === 'GET') {
      ctx.body = sessionOf(ctx).cart;
      return;
    }
    const { cart } = sessionOf(ctx);
    if (ctx.path === '/login') {
      await sessionOf(ctx).regenerate();
      sessionOf(ctx).user = 'USER_123';
    } else if (ctx.path === '/cart') sessionOf(ctx).cart = fullCart();
    else if (cart !== undefined) addOne(cart);
    ctx.body = { stored: true };
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
