import fastify from 'fastify';
import sessions from '@sess/fastify-plugin';
import { addOne, type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { VARIANTS, type VariantName } from '../contenders.ts';
import { listen } from '../listen.ts';

declare module '@sess/session' {
  interface SessionData {
    benchmarkCart?: Cart;
    benchmarkUser?: string;
  }
}

export async function start(memcached: string, variant: VariantName): Promise<number> {
  const app = fastify();
  const common = {
    servers: `memcached://${memcached}`,
    secret: SECRET,
    ttlSeconds: TTL_SECONDS,
    cookie: { secure: false },
  };
  await app.register(sessions, { ...common, ...VARIANTS[variant].options });
  app.post('/cart', async (request) => {
    request.session.data.benchmarkCart = fullCart();
    return { stored: true };
  });
  app.get('/cart', async (request) => request.session.data.benchmarkCart);
  app.post('/cart/items', async (request) => {
    if (request.session.data.benchmarkCart !== undefined) addOne(request.session.data.benchmarkCart);
    return { stored: true };
  });
  app.post('/login', async (request) => {
    await request.session.regenerate();
    request.session.data.benchmarkUser = 'USER_123';
    return { stored: true };
  });
  return listen(app);
}
