import { promisify } from 'node:util';
import Koa, { type Middleware } from 'koa';
import Memcached from 'memcached';
import { type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listenWith } from '../listen.ts';

/** Loaded without its types: they declare `ctx.session`, as ours do, and one program holds one declaration. */
const PEER: string = 'koa-session';

type Session = (options: Record<string, unknown>, app: Koa) => Middleware;

const sessionOf = (ctx: object): { cart?: Cart } => (ctx as { session: { cart?: Cart } }).session;

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
  app.use((ctx) => {
    if (ctx.method === 'POST') sessionOf(ctx).cart = fullCart();
    ctx.body = ctx.method === 'POST' ? { stored: true } : sessionOf(ctx).cart;
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
