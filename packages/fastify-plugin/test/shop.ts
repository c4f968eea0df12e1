/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { memoryStore, SessionError, type SessionStore } from '@sess/session';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { afterEach } from 'vitest';
import sessions, { type FastifySessionsOptions } from '../src/index.ts';
import { Browser } from './browser.ts';

declare module '@sess/session' {
  interface SessionData {
    userId?: string;
    cart?: string[];
  }
}

export const SECRET = 'a secret of at least thirty-two bytes';

const opened: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

/** An application with sessions in memory, which is closed after the test. */
export async function shop(options: Partial<FastifySessionsOptions> = {}, server: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = fastify(server);
  opened.push(app);
  await app.register(sessions, { store: memoryStore(), secret: SECRET, ttlSeconds: 3_600, secure: false, ...options });
  app.post('/login', async (request) => {
    await request.session.regenerate({ keep: ['cart'] });
    request.session.data.userId = 'USER_123';
    return { id: request.session.id };
  });
  app.get('/profile', async (request) => ({ user: request.session.data.userId ?? null, cart: request.session.data.cart ?? [] }));
  app.post('/logout', async (request, reply) => {
    await request.session.destroy();
    return reply.code(204).send();
  });
  return app;
}

/** Lets the application listen on a free port, and gives a browser that is pointed at it. */
export async function browse(app: FastifyInstance, headers: Readonly<Record<string, string>> = {}): Promise<Browser> {
  return new Browser(await app.listen({ port: 0, host: '127.0.0.1' }), headers);
}

/** A store whose operations fail while `down` is true. */
export function failingStore(): SessionStore & { down: boolean } {
  const store = memoryStore();
  const guard = <T extends unknown[], R>(operation: (...given: T) => Promise<R>) => {
    return async (...given: T): Promise<R> => {
      if (failing.down) throw new SessionError('SESS_UNAVAILABLE', 'no node is in reach');
      return operation(...given);
    };
  };
  const failing = {
    name: 'failing',
    down: false,
    load: guard(store.load.bind(store)),
    save: guard(store.save.bind(store)),
    touch: guard(store.touch.bind(store)),
    destroy: guard(store.destroy.bind(store)),
    close: () => store.close(),
  };
  return failing;
}
