import fastify from 'fastify';
import { listen } from '../listen.ts';
import { rawGet } from '../raw-get.ts';

/** No sessions: what is left when all that is ours is taken away. */
export async function start(memcached: string): Promise<number> {
  const app = fastify();
  const cart = await rawGet(memcached);
  app.post('/cart', async () => ({ stored: true }));
  app.get('/cart', () => cart());
  return listen(app);
}
