import cookie from '@fastify/cookie';
import fastify, { type FastifyPluginAsync } from 'fastify';
import { addOne, type Cart, fullCart, SECRET, TTL_SECONDS } from '../cart.ts';
import { connectMemcachedStore } from '../connect-memcached-store.ts';
import { listen } from '../listen.ts';

/** Loaded without its types: like ours, they declare `request.session`, and a program can have only one declaration. */
const PEER: string = '@fastify/session';

interface Session {
  cart?: Cart;
  user?: string;
  regenerate(): Promise<void>;
}

const sessionOf = (request: object): Session => (request as { session: Session }).session;

export async function start(memcached: string): Promise<number> {
  const { default: session } = (await import(PEER)) as { default: FastifyPluginAsync<Record<string, unknown>> };
  const app = fastify();
  await app.register(cookie);
  await app.register(session, {
    secret: SECRET,
    store: connectMemcachedStore(memcached),
    saveUninitialized: false,
    rolling: false,
    cookie: { secure: false, maxAge: TTL_SECONDS * 1000 },
  });
  app.post('/cart', (request, reply) => {
    sessionOf(request).cart = fullCart();
    reply.send({ stored: true });
  });
  app.get('/cart', (request, reply) => {
    reply.send(sessionOf(request).cart);
  });
  app.post('/cart/items', (request, reply) => {
    const { cart } = sessionOf(request);
    if (cart !== undefined) addOne(cart);
    reply.send({ stored: true });
  });
  app.post('/login', async (request) => {
    await sessionOf(request).regenerate();
    sessionOf(request).user = 'USER_123';
    return { stored: true };
  });
  return listen(app);
}
