import fastify from 'fastify';
import firstFastify, { type FastifyInstance as FirstFastifyInstance } from 'fastify-5-first';
import { describe, expect, it } from 'vitest';

import { memoryStore, sessions, type Session } from '../src/index.ts';

/** The plugin adds `session` to the types of the Fastify that it resolves, which is the other version. */
const sessionOf = (request: object): Session => (request as { readonly session: Session }).session;

const options = { store: memoryStore(), secret: 'a secret of thirty-two bytes or more' };

describe('an application of another Fastify than the one the types come from', () => {
  it('registers the plugin without a cast, and its users log in', async () => {
    // NestJS pins a version of Fastify, so an application can have two versions.
    const app: FirstFastifyInstance = firstFastify();
    await app.register(sessions, options);
    app.post('/login', async (request) => {
      const session = sessionOf(request);
      await session.regenerate();
      session.data['userId'] = 'USER_123';
      return {};
    });
    app.get('/profile', async (request) => ({
      user: sessionOf(request).data['userId'],
    }));

    const login = await app.inject({ method: 'POST', url: '/login' });
    const [cookie = ''] = String(login.headers['set-cookie']).split(';');
    const profile = await app.inject({ url: '/profile', headers: { cookie } });

    expect(profile.json()).toEqual({ user: 'USER_123' });
    await app.close();
  });
});

/** Compiled, not run: applications of every kind can register the plugin, and the compiler reports wrong options. */
export async function registrations(): Promise<void> {
  await fastify().register(sessions, options);
  await fastify({ logger: { level: 'info' } }).register(sessions, { ...options, prefix: '/shop' });
  await fastify({ https: {} }).register(sessions, options);
  await fastify({ http2: true }).register(sessions, options);
  await fastify({ http2: true, https: {} }).register(sessions, options);
  // @ts-expect-error there is no such option
  await fastify().register(sessions, { ...options, secrets: [] });
  // @ts-expect-error without a secret no cookie can be signed
  await fastify().register(sessions, { store: options.store });
}
