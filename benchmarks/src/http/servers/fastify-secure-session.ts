import fastify, { type FastifyPluginAsync } from 'fastify';
import { addOne, type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { listen } from '../listen.ts';

/** Loaded without its types: like ours, they declare `request.session`, and a program can have only one declaration. */
const PEER: string = '@fastify/secure-session';

interface CookieSession {
  get(name: 'cart'): Cart | undefined;
  set(name: 'cart', cart: Cart): void;
  set(name: 'user', user: string): void;
  regenerate(): void;
}

/** Stores the session encrypted in the cookie: without a store on the server, it can't destroy a session. */
const sessionOf = (request: object): CookieSession => (request as { session: CookieSession }).session;

export async function start(): Promise<number> {
  const { default: secureSession } = (await import(PEER)) as { default: FastifyPluginAsync<Record<string, unknown>> };
  const app = fastify();
  await app.register(secureSession, {
    secret: SECRET,
    salt: 'a salt of 16 b..',
    expiry: TTL_SECONDS,
    cookie: { path: '/', httpOnly: true, secure: false },
  });
  app.post('/cart', (request, reply) => {
    sessionOf(request).set('cart', fullCart());
    reply.send({ stored: true });
  });
  app.get('/cart', (request, reply) => {
    reply.send(sessionOf(request).get('cart'));
  });
  app.post('/cart/items', (request, reply) => {
    const cart = sessionOf(request).get('cart');
    if (cart !== undefined) addOne(cart);
    if (cart !== undefined) sessionOf(request).set('cart', cart);
    reply.send({ stored: true });
  });
  app.post('/login', (request, reply) => {
    sessionOf(request).regenerate();
    sessionOf(request).set('user', 'USER_123');
    reply.send({ stored: true });
  });
  return listen(app);
}
