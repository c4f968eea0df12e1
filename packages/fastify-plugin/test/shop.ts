/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { Browser } from '@sess/conformance';
import { memoryStore } from '@sess/session';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { onTestFinished } from 'vitest';
import sessions, { type FastifySessionsOptions } from '../src/index.ts';

declare module '@sess/session' {
  interface SessionData {
    userId?: string;
    cart?: string[];
  }
}

export const SECRET = 'a secret of at least thirty-two bytes';

/** An application with sessions in memory, which is closed after the test. */
export async function shop(
  options: Partial<FastifySessionsOptions> = {},
  server: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = fastify(server);
  onTestFinished(() => app.close());
  await app.register(sessions, { store: memoryStore(), secret: SECRET, ttlSeconds: 3_600, secure: false, ...options });
  app.post('/login', async (request) => {
    await request.session.regenerate({ keep: ['cart'] });
    request.session.data.userId = 'USER_123';
    return { id: request.session.id };
  });
  app.get('/profile', async (request) => ({
    user: request.session.data.userId ?? null,
    cart: request.session.data.cart ?? [],
  }));
  app.post('/logout', async (request, reply) => {
    await request.session.destroy();
    return reply.code(204).send();
  });
  return app;
}

/** Lets the application listen on a free port, and returns a browser for it. */
export async function browse(app: FastifyInstance, headers: Readonly<Record<string, string>> = {}): Promise<Browser> {
  return new Browser(await app.listen({ port: 0, host: '127.0.0.1' }), [], headers);
}
