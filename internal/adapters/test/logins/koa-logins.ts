import { bodyParser } from '@koa/bodyparser';
import { serve } from '@sess/conformance';
import { sessions } from '@sess/koa-middleware';
import Koa, { type Context, type Next } from 'koa';
import CSRF from 'koa-csrf';
import passportOfProcess from 'koa-passport';
import { Strategy } from 'passport-local';
import { checkPassword, type Account, type LoginSubject } from './subject.ts';

type Handler = (ctx: Context, next: Next) => unknown;

export const koaLogins: LoginSubject = {
  name: 'koa-passport, koa-csrf',
  logoutCanKeep: true,
  waysToTell: 1,
  async start(options) {
    const app = new Koa();
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    app.use(sessions(options));
    app.use(bodyParser());
    app.use(new CSRF());
    const passport = new passportOfProcess.KoaPassport();
    app.use(passport.initialize());
    app.use(passport.session());
    passport.use(new Strategy({ usernameField: 'name' }, checkPassword));
    passport.serializeUser((user, done) => done(null, (user as Account).name));
    passport.deserializeUser((name: string, done) => done(null, { name }));

    const login = { successReturnToOrRedirect: '/shop', failureRedirect: '/login', failureMessage: true };
    const handlers: Readonly<Record<string, Handler>> = {
      'GET /login': ({ session, state }) => ({ messages: take(session, 'messages') ?? [], token: state['_csrf'] }),
      'POST /login': passport.authenticate('local', login) as Handler,
      'POST /login/keeping': passport.authenticate('local', { ...login, keepSessionInfo: true }) as Handler,
      async 'POST /logout'(ctx) {
        await ctx.logout();
        return {};
      },
      async 'POST /logout/keeping'(ctx) {
        await (ctx.logout as (options: object) => Promise<void>)({ keepSessionInfo: true });
        return {};
      },
      'GET /account'(ctx) {
        if (ctx.isAuthenticated()) return { user: userOf(ctx), cart: ctx.session.data.cart ?? [] };
        ctx.session.data.returnTo = ctx.url;
        ctx.redirect('/login');
        return undefined;
      },
      'GET /shop': (ctx) => ({ user: userOf(ctx), cart: ctx.session.data.cart ?? [], token: ctx.state['_csrf'] }),
      'POST /cart'({ session, request }) {
        session.data.cart = [...(session.data.cart ?? []), (request.body as { item: string }).item];
        return {};
      },
    };
    app.use(async (ctx, next) => {
      const answer: unknown = await handlers[`${ctx.method} ${ctx.path}`]?.(ctx, next);
      if (answer !== undefined) ctx.body = answer;
    });
    const answer = app.callback();
    return { ...(await serve((request, response) => void answer(request, response))), errors };
  },
};

function userOf(ctx: Context): string | null {
  return (ctx.state['user'] as Account | undefined)?.name ?? null;
}

/** Reads and deletes a property of the session, as a page does that shows Passport's messages once. */
function take(session: object, name: string): unknown {
  const value: unknown = Reflect.get(session, name);
  Reflect.deleteProperty(session, name);
  return value;
}
