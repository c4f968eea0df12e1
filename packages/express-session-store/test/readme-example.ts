import { SessStore } from '@sess/express-session-store';
import express from 'express';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    userId: string;
  }
}

export const store = new SessStore({ servers: process.env.SESS_SERVERS });
const app = express();
app.use(
  session({
    store,
    genid: store.newId,
    secret: process.env.SESS_SECRET ?? '',
    resave: false,
    saveUninitialized: false,
  }),
);
app.post('/login', (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.userId = 'USER_123';
    response.json({});
  });
});
app.get('/profile', (request, response) => void response.json({ user: request.session.userId ?? null }));

await store.ready();
export const server = app.listen(Number(process.env.PORT ?? 3000));
server.once('close', () => void store.close());
