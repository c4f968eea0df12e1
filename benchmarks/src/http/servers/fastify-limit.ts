import fastify from 'fastify';
import { freshCookie } from '../fresh-cookie.ts';
import { listen } from '../listen.ts';
import { rawGet, rawSet } from '../raw-command.ts';

/** No sessions: only the framework and the raw request to memcached. */
export async function start(memcached: string): Promise<number> {
  const app = fastify();
  const cart = await rawGet(memcached);
  const store = await rawSet(memcached);
  app.post('/cart', async () => ({ stored: true }));
  app.get('/cart', () => cart());
  app.post('/login', async (_request, reply) => {
    await store();
    reply.header('set-cookie', freshCookie());
    return { stored: true };
  });
  return listen(app);
}
