import sessions from '@sess/fastify-plugin';
import fastify from 'fastify';

const app = fastify();
await app.register(sessions, { servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, ttlSeconds: 3600 });
app.post('/login', async (request) => {
  await request.session.regenerate();
  request.session.data.userId = 'USER_123';
});
app.get('/profile', async (request) => ({ user: request.session.data.userId }));
await app.listen({ port: 3000 });
