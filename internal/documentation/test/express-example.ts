import { sessions } from '@sess/express-middleware';
import express from 'express';

const app = express();
app.use(sessions({ servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, ttlSeconds: 3600 }));
app.post('/login', async (request, response) => {
  await request.session.regenerate();
  request.session.data.userId = 'USER_123';
  response.json({});
});
app.get('/profile', (request, response) => void response.json({ user: request.session.data.userId }));
app.listen(3000);
