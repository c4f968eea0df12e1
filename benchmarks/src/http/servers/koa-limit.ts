import Koa from 'koa';
import { freshCookie } from '../fresh-cookie.ts';
import { listenWith } from '../listen.ts';
import { rawGet, rawSet } from '../raw-command.ts';

/** No sessions: only the framework and the raw request to memcached. */
export async function start(memcached: string): Promise<number> {
  const app = new Koa();
  const cart = await rawGet(memcached);
  const store = await rawSet(memcached);
  app.use(async (ctx) => {
    if (ctx.method === 'GET') {
      ctx.body = await cart();
      return;
    }
    if (ctx.path === '/login') {
      await store();
      ctx.set('set-cookie', freshCookie());
    }
    ctx.body = { stored: true };
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
