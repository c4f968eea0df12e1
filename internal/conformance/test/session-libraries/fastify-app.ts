import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { SessStore } from '@sess/express-session-store';
import fastify, { type FastifyRequest } from 'fastify';
import { LIFETIME_SECONDS, type LibraryApp, type LibraryAppOptions } from '../../src/session-library/subject.ts';
import { SECRET } from './express-app.ts';

declare module 'fastify' {
  interface Session {
    user?: string;
    cart?: string;
  }
}

type FastifySessionOptions = Parameters<typeof session>[1];

/** The application of the suite with @fastify/session; `options` are @fastify/session's. */
export async function startFastify(
  { client, gate }: LibraryAppOptions,
  options: Partial<FastifySessionOptions> = {},
): Promise<LibraryApp> {
  const app = fastify();
  const errors: unknown[] = [];
  app.addHook('onError', async (_request, _reply, error) => void errors.push(error));
  const store = new SessStore({ client });
  await app.register(cookie);
  await app.register(session, {
    store,
    idGenerator: store.newId,
    secret: SECRET,
    saveUninitialized: false,
    cookie: { secure: false, maxAge: LIFETIME_SECONDS * 1000 },
    ...options,
  });
  app.get('/login', async (request) => {
    await request.session.regenerate();
    request.session.user = 'USER_123';
    return {};
  });
  app.get('/profile', async ({ session: { user = null, cart = null } }) => ({ user, cart }));
  app.get('/put', async (request) => put(request));
  app.get('/slow', async (request) => {
    await gate();
    return put(request);
  });
  app.get('/idle', async () => {
    await gate();
    return {};
  });
  app.get('/twice', async (request) => {
    put(request);
    await request.session.save();
    await gate();
    return put(request, '2');
  });
  app.get('/logout', async (request, reply) => {
    await request.session.destroy();
    reply.clearCookie('sessionId', { path: '/' });
    return {};
  });
  app.get('/big', async (request) => {
    request.session.cart = 'x'.repeat(2_000_000);
    return {};
  });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  return { origin, errors, close: () => app.close() };
}

function put(request: FastifyRequest, suffix = ''): object {
  const { key, value } = request.query as { key: string; value: string };
  return Object.assign(request.session, { [key + suffix]: value }) && {};
}
