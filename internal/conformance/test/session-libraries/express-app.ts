import { SessStore } from '@sess/express-session-store';
import express from 'express';
import session from 'express-session';
import { serve } from '../../src/serve.ts';
import { LIFETIME_SECONDS, type LibraryApp, type LibraryAppOptions } from '../../src/session-library/subject.ts';

export const SECRET = 'a secret of at least thirty-two bytes';

declare module 'express-session' {
  interface SessionData {
    user: string;
    cart: string;
  }
}

/** The application of the suite with express-session; `options` are express-session's. */
export async function startExpress(
  { client, gate }: LibraryAppOptions,
  options: Partial<session.SessionOptions> = {},
): Promise<LibraryApp> {
  const app = express();
  // Keeps Express from writing to the console.
  app.set('env', 'test');
  const errors: unknown[] = [];
  const store = new SessStore({ client });
  app.use(
    session({
      store,
      genid: store.newId,
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: LIFETIME_SECONDS * 1000 },
      ...options,
    }),
  );
  app.get('/login', async (request, response) => {
    await settled((done) => request.session.regenerate(done));
    request.session.user = 'USER_123';
    response.json({});
  });
  app.get('/profile', ({ session: { user = null, cart = null } }, response) => void response.json({ user, cart }));
  app.get('/put', (request, response) => {
    put(request);
    response.json({});
  });
  app.get('/slow', async (request, response) => {
    await gate();
    put(request);
    response.json({});
  });
  app.get('/idle', async (_request, response) => {
    await gate();
    response.json({});
  });
  app.get('/twice', async (request, response) => {
    put(request);
    await settled((done) => request.session.save(done));
    await gate();
    put(request, '2');
    response.json({});
  });
  app.get('/logout', async (request, response) => {
    await settled((done) => request.session.destroy(done));
    response.clearCookie('connect.sid').json({});
  });
  app.get('/big', (request, response) => {
    request.session.cart = 'x'.repeat(2_000_000);
    response.json({});
  });
  app.use(((error, _request, _response, next) => {
    errors.push(error);
    next(error);
  }) satisfies express.ErrorRequestHandler);
  return { ...(await serve(app)), errors };
}

/** express-session's callbacks as promises. */
function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error as Error) : resolve()));
  });
}

function put(request: express.Request, suffix = ''): void {
  const { key, value } = request.query as Record<string, string>;
  Object.assign(request.session, { [`${key}${suffix}`]: value });
}
