import { serve } from '@sess/conformance';
import { sessions } from '@sess/express-middleware';
import flash from 'connect-flash';
import { csrfSync } from 'csrf-sync';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import express4 from 'express-4';
import { Passport } from 'passport';
import { Strategy } from 'passport-local';
import { checkPassword, type Account, type LoginSubject } from './subject.ts';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- as Passport's types have it
  namespace Express {
    interface User extends Account {}
  }
}

/** Callbacks, as people write for Express: `req.logIn`, `req.logout`, `req.session` of Passport's own. */
export const expressLogins: readonly LoginSubject[] = (
  [
    ['Express 5', express],
    ['Express 4', express4 as typeof express],
  ] as const
).map(([version, application]) => ({
  name: `passport, connect-flash, csrf-sync on ${version}`,
  logoutCanKeep: true,
  waysToTell: 2,
  start: (options) => start(application(), options),
}));

const start = async (
  app: Express,
  options: Parameters<LoginSubject['start']>[0],
): ReturnType<LoginSubject['start']> => {
  app.set('env', 'test');
  const errors: unknown[] = [];
  const { generateToken, csrfSynchronisedProtection } = csrfSync({
    getTokenFromRequest: (request: Request) => (request.body as Record<string, string> | undefined)?.['_csrf'],
  });
  const passport = new Passport();
  passport.use(new Strategy({ usernameField: 'name' }, checkPassword));
  passport.serializeUser((user, done) => done(null, user.name));
  passport.deserializeUser((name: string, done) => done(null, { name }));
  app.use(sessions(options), express.urlencoded({ extended: false }), flash() as RequestHandler);
  app.use(csrfSynchronisedProtection, passport.initialize() as RequestHandler, passport.session() as RequestHandler);

  const login = {
    successReturnToOrRedirect: '/shop',
    failureRedirect: '/login',
    failureFlash: true,
    failureMessage: true,
  };
  app.get('/login', (request, response) => {
    const { session } = request;
    const messages = [...request.flash('error'), ...((session.get('messages') as string[] | undefined) ?? [])];
    session.set('messages', undefined);
    response.json({ messages, token: generateToken(request) });
  });
  app.post('/login', passport.authenticate('local', login) as RequestHandler);
  app.post('/login/keeping', passport.authenticate('local', { ...login, keepSessionInfo: true }) as RequestHandler);
  app.post('/logout', (request, response, next) => {
    request.logout((error) => (error === undefined || error === null ? response.json({}) : next(error)));
  });
  app.post('/logout/keeping', (request, response, next) => {
    request.logout({ keepSessionInfo: true }, (error) =>
      error === undefined || error === null ? response.json({}) : next(error),
    );
  });
  app.get('/account', (request, response) => {
    if (request.isAuthenticated()) {
      response.json({ user: request.user.name, cart: request.session.data.cart ?? [] });
      return;
    }
    request.session.data.returnTo = request.originalUrl;
    response.redirect('/login');
  });
  app.get('/shop', (request, response) => {
    const { user, session } = request;
    response.json({ user: user?.name ?? null, cart: session.data.cart ?? [], token: generateToken(request) });
  });
  app.post('/cart', ({ session, body }, response) => {
    session.data.cart = [...(session.data.cart ?? []), (body as { item: string }).item];
    response.json({});
  });
  const onError: ErrorRequestHandler = (error, _request, _response, next) => {
    errors.push(error);
    next(error);
  };
  app.use(onError);
  return { ...(await serve(app)), errors };
};
