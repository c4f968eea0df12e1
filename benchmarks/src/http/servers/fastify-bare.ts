import fastify from 'fastify';
import { fullCart } from '../cart.ts';
import { listen } from '../listen.ts';

export async function start(): Promise<number> {
  const app = fastify();
  const cart = fullCart();
  app.post('/cart', async () => ({ stored: true }));
  app.get('/cart', async () => cart);
  return listen(app);
}
