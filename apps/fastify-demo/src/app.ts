import { MAX_ITEMS, type AppOptions } from '@sess/demo-app';
import sessions from '@sess/fastify-plugin';
import fastify, { type FastifyInstance } from 'fastify';
import { bodyError, CART_BODY, LOGIN_BODY, type CartBody, type LoginBody } from './bodies.ts';
import './session-data.ts';

const BODY_LIMIT_BYTES = 16_384;

/** The demo shop on Fastify. It does not listen yet. */
export function buildApp({ ttlSeconds = 3_600, ...where }: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // A number is not a name, so it must not be converted to one.
    ajv: { customOptions: { coerceTypes: false } },
    schemaErrorFormatter: bodyError,
  });

  // A session that is out of reach returns 503: a logged-in user must not be treated as logged out.
  void app.register(sessions, { ...where, ttlSeconds, onUnavailable: 'error' });
  void app.register(routes);
  return app;
}

async function routes(app: FastifyInstance): Promise<void> {
  app.post<{ Body: LoginBody }>('/login', { schema: { body: LOGIN_BODY } }, async ({ body: { user }, session }) => {
    // Keeps a visitor's cart at login, but not the cart of another user.
    const isTheirs = session.data.user === undefined || session.data.user === user;
    await session.regenerate({ keep: isTheirs ? ['cart'] : [], restartLifetime: true });
    session.data.user = user;
    session.data.role = 'customer';
    return { user, role: session.data.role };
  });

  app.get('/profile', async ({ session }, reply) => {
    const { user, cart = [] } = session.data;
    if (user === undefined)
      return reply
        .code(401)
        .send({ statusCode: 401, error: 'Unauthorized', message: 'nobody is logged in; POST /login first' });
    return { user, cart };
  });

  app.post<{ Body: CartBody }>('/cart', { schema: { body: CART_BODY } }, async ({ body: { item }, session }, reply) => {
    const cart = [...(session.data.cart ?? []), item];
    if (cart.length > MAX_ITEMS)
      return reply
        .code(409)
        .send({ statusCode: 409, error: 'Conflict', message: `the cart is full: it holds ${MAX_ITEMS} items` });
    session.data.cart = cart;
    return { cart };
  });

  app.post('/logout', async ({ session }, reply) => {
    await session.destroy();
    return reply.code(204).send();
  });

  app.get('/health', { config: { session: false } }, async () => ({ status: 'ok' }));
}
