import secureSession from '@fastify/secure-session';
import fastify from 'fastify';
import { type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listen } from '../listen.ts';

declare module '@fastify/secure-session' {
  interface SessionData {
    cart: Cart;
  }
}

/** Keeps the session in the cookie itself, encrypted: no server-side store, so nothing to destroy. */
export async function start(): Promise<number> {
  const app = fastify();
  await app.register(secureSession, {
    secret: SECRET,
    salt: 'a salt of 16 b..',
    expiry: TTL_SECONDS,
    cookie: { path: '/', httpOnly: true, secure: false },
  });
  app.post('/cart', async (request) => {
    request.session.set('cart', fullCart());
    return { stored: true };
  });
  app.get('/cart', async (request) => request.session.get('cart'));
  return listen(app);
}
