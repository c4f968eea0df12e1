import cookie from '@fastify/cookie';
import session from '@fastify/session';
import fastify from 'fastify';
import { type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listen } from '../listen.ts';
import { connectMemcachedStore } from '../connect-memcached-store.ts';

declare module 'fastify' {
  interface Session {
    cart?: Cart;
  }
}

export async function start(memcached: string): Promise<number> {
  const app = fastify();
  await app.register(cookie);
  await app.register(session, {
    secret: SECRET,
    store: connectMemcachedStore(memcached),
    saveUninitialized: false,
    rolling: false,
    cookie: { secure: false, maxAge: TTL_SECONDS * 1000 },
  });
  app.post('/cart', async (request) => {
    request.session.cart = fullCart();
    return { stored: true };
  });
  app.get('/cart', async (request) => request.session.cart);
  return listen(app);
}
