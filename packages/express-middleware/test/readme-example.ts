import { sessions } from '@sess/express-middleware';
import express from 'express';

declare module '@sess/express-middleware' {
  interface SessionData {
    userId?: string;
  }
}

const app = express();
export const middleware = sessions({
  servers: process.env.SESS_SERVERS,
  secret: process.env.SESS_SECRET,
  ttlSeconds: 3600,
  ignore: (request) => request.path === '/health',
});
app.use(middleware);
app.post('/login', async (request, response) => {
  await request.session.regenerate();
  request.session.data.userId = 'USER_123';
  response.json({});
});
app.get('/profile', (request, response) => void response.json({ user: request.session.data.userId ?? null }));
app.get('/health', (_request, response) => void response.send('ok'));

export const server = app.listen(Number(process.env.PORT ?? 3000));
server.once('close', () => void middleware.close());
