import { serve } from '@sess/conformance';
import { sessions } from '@sess/koa-middleware';
import Koa, { type Context } from 'koa';
import type { AdapterSubject, Exchange } from './suite/subject.ts';

export const koaAdapter: AdapterSubject = {
  name: '@sess/koa-middleware',
  async start({ sessions: options, routes, last }) {
    const app = new Koa();
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    app.use(async (ctx, next) => {
      await next();
      last?.(exchangeOf(ctx));
    });
    const middleware = sessions({
      ...options,
      ignore: (ctx) => ctx.path.startsWith('/ignored'),
      touch: (ctx) => !ctx.path.startsWith('/polled'),
    });
    app.use(middleware);
    app.use(async (ctx) => {
      ctx.body = (await routes[ctx.path]?.(exchangeOf(ctx))) ?? null;
    });
    const answer = app.callback();
    return { ...(await serve((request, response) => void answer(request, response))), sessions: middleware, errors };
  },
};

function exchangeOf(ctx: Context): Exchange {
  return {
    get session() {
      return ctx.session;
    },
    header: (name, value) => ctx.set(name, value),
    takeOver() {
      ctx.respond = false;
      return ctx.res;
    },
    owner: ctx,
  };
}
