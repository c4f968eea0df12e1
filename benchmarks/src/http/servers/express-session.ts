import express from 'express';
import session from 'express-session';
import { addOne, type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { connectMemcachedStore } from '../connect-memcached-store.ts';
import { listenWith } from '../listen.ts';

declare module 'express-session' {
  interface SessionData {
    cart: Cart;
    user: string;
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
  app.post('/cart/items', (request, response) => {
    if (request.session.cart !== undefined) addOne(request.session.cart);
    response.json({ stored: true });
  });
  app.post('/login', (request, response, next) => {
    request.session.regenerate((error: unknown) => {
      if (error) return next(error);
      request.session.user = 'USER_123';
      response.json({ stored: true });
    });
  });
  return listenWith(app);
}
