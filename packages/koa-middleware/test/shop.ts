import { Browser, serve } from '@sess/conformance';
import { memoryStore } from '@sess/session';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { sessions, type KoaSessionsOptions } from '../src/index.ts';

declare module '@sess/session' {
  interface SessionData {
    userId?: string;
    cart?: string[];
  }
}

export const SECRET = 'a secret of at least thirty-two bytes';

type Handler = (ctx: Koa.Context) => unknown;

/** An application with sessions in memory, the routes of a shop, and `routes`. */
export function shop(options: Partial<KoaSessionsOptions> = {}, routes: Readonly<Record<string, Handler>> = {}): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(sessions({ store: memoryStore(), secret: SECRET, ttlSeconds: 3_600, secure: false, ...options }));
  app.use(async (ctx) => {
    const handler = { ...SHOP, ...routes }[ctx.path];
    if (handler !== undefined) await handler(ctx);
  });
  return app;
}

const SHOP: Readonly<Record<string, Handler>> = {
  async '/login'(ctx) {
    await ctx.session.regenerate({ keep: ['cart'] });
    ctx.session.data.userId = 'USER_123';
    ctx.body = { id: ctx.session.id };
  },
  '/profile'(ctx) {
    ctx.body = { user: ctx.session.data.userId ?? null, cart: ctx.session.data.cart ?? [] };
  },
  async '/logout'(ctx) {
    await ctx.session.destroy();
    ctx.status = 204;
  },
};

/** Lets the application listen on a free port until the test has ended, and returns a browser for it. */
export async function browse(app: Koa, headers: Readonly<Record<string, string>> = {}): Promise<Browser> {
  const handle = app.callback();
  const { origin, close } = await serve((request, response) => void handle(request, response));
  onTestFinished(close);
  return new Browser(origin, [], headers);
}
