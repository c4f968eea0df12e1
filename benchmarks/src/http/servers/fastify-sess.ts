import fastify from 'fastify';
import sessions from '@sess/fastify-plugin';
import { type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listen } from '../listen.ts';

declare module '@sess/session' {
  interface SessionData {
    benchmarkCart?: Cart;
  }
}

export async function start(memcached: string): Promise<number> {
  const app = fastify();
  await app.register(sessions, { servers: `memcached://${memcached}`, secret: SECRET, ttlSeconds: TTL_SECONDS, cookie: { secure: false } });
  app.post('/cart', async (request) => {
    request.session.data.benchmarkCart = fullCart();
    return { stored: true };
  });
  app.get('/cart', async (request) => request.session.data.benchmarkCart);
  return listen(app);
}
