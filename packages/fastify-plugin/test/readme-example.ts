/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import sessions from '@sess/fastify-plugin';
import fastify from 'fastify';

declare module '@sess/fastify-plugin' {
  interface SessionData {
    userId?: string;
  }
}

export const app = fastify();
await app.register(sessions, { servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, ttlSeconds: 3600 });

app.post('/login', async (request) => {
  await request.session.regenerate();
  request.session.data.userId = 'USER_123';
  return 'Welcome';
});
app.get('/profile', async (request) => ({ user: request.session.data.userId ?? null }));
app.get('/health', { config: { session: false } }, async () => 'ok');

await app.listen({ port: Number(process.env.PORT ?? 3000) });
