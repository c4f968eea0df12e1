import { SessStore } from '@sess/koa-session-store';
import Koa, { type Context } from 'koa';
import session, { type CreateSessionOptions } from 'koa-session';
import { serve } from '../../src/serve.ts';
import { LIFETIME_SECONDS, type LibraryApp, type LibraryAppOptions } from '../../src/session-library/subject.ts';
import { SECRET } from './express-app.ts';

/** The application of the suite with koa-session; `options` are koa-session's. */
export async function startKoa(
  { client, gate }: LibraryAppOptions,
  options: CreateSessionOptions = {},
): Promise<LibraryApp> {
  const app = new Koa();
  const errors: unknown[] = [];
  app.on('error', (error) => errors.push(error));
  app.keys = [SECRET];
  const store = new SessStore({ client });
  app.use(session({ store, genid: store.newId, maxAge: LIFETIME_SECONDS * 1000, rolling: true, ...options }, app));
  const routes: Readonly<Record<string, (ctx: Context) => unknown>> = {
    async '/login'(ctx) {
      await ctx.session.regenerate();
      ctx.session.user = 'USER_123';
    },
    '/profile'(ctx) {
      const { user = null, cart = null } = ctx.session;
      ctx.body = { user, cart };
    },
    '/put': (ctx) => put(ctx),
    async '/slow'(ctx) {
      await gate();
      put(ctx);
    },
    '/idle': () => gate(),
    async '/twice'(ctx) {
      put(ctx);
      await ctx.session.save();
      await gate();
      put(ctx, '2');
    },
    '/logout'(ctx) {
      ctx.session = null;
    },
    '/big'(ctx) {
      ctx.session.cart = 'x'.repeat(2_000_000);
    },
  };
  app.use(async (ctx) => {
    ctx.body = {};
    await routes[ctx.path]?.(ctx);
  });
  const answer = app.callback();
  return { ...(await serve((request, response) => void answer(request, response))), errors };
}

function put(ctx: Context, suffix = ''): void {
  ctx.session[`${String(ctx.query.key)}${suffix}`] = ctx.query.value;
}
