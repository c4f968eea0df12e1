import express from 'express';
import session from 'express-session';
import { type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { connectMemcachedStore } from '../connect-memcached-store.ts';
import { listenWith } from '../listen.ts';

declare module 'express-session' {
  interface SessionData {
    cart: Cart;
  }
}

export async function start(memcached: string): Promise<number> {
  const app = express();
  app.use(
    session({
      secret: SECRET,
      store: connectMemcachedStore(memcached),
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: TTL_SECONDS * 1000 },
    }),
  );
  app.post('/cart', (request, response) => {
    request.session.cart = fullCart();
    response.json({ stored: true });
  });
  app.get('/cart', (request, response) => {
    response.json(request.session.cart);
  });
  return listenWith(app);
}
