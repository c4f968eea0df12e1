import Koa from 'koa';
import { listenWith } from '../listen.ts';
import { rawGet } from '../raw-get.ts';

/** No sessions: what is left when all that is ours is taken away. */
export async function start(memcached: string): Promise<number> {
  const app = new Koa();
  const cart = await rawGet(memcached);
  app.use(async (ctx) => {
    ctx.body = ctx.method === 'POST' ? { stored: true } : await cart();
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
