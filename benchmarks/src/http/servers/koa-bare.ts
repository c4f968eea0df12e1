import Koa from 'koa';
import { fullCart } from '../cart.ts';
import { listenWith } from '../listen.ts';

export async function start(): Promise<number> {
  const app = new Koa();
  const cart = fullCart();
  app.use((ctx) => {
    ctx.body = ctx.method === 'POST' ? { stored: true } : cart;
  });
  const answer = app.callback();
  return listenWith((request, response) => void answer(request, response));
}
