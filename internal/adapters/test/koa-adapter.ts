import { once } from 'node:events';
import { inspect } from 'node:util';
import { serve } from '@sess/conformance';
import { sessions, type KoaSessionsOptions, type SessionsLog } from '@sess/koa-middleware';
import Koa, { type Context } from 'koa';
import type { AdapterSubject, Exchange } from './suite/subject.ts';

export const koaAdapter: AdapterSubject = {
  name: '@sess/koa-middleware',
  register: async (options) => sessions(options as KoaSessionsOptions),
  async start({ sessions: options, routes, last, asksForUser, trustProxy = false }) {
    const app = new Koa({ proxy: trustProxy });
    const errors: unknown[] = [];
    const lines: string[] = [];
    const outages: string[] = [];
    const users: unknown[] = [];
    const ask = (ctx: Context): void => void (asksForUser === true && users.push(ctx.session?.data.user));
    app.on('error', (error, ctx: Context) => {
      ask(ctx);
      lines.push(inspect(error));
      errors.push(error);
    });
    app.use(async (ctx, next) => {
      await next().finally(() => ask(ctx));
      last?.(exchangeOf(ctx));
    });
    const log: SessionsLog = ({ message }) => outages.push(message);
    const middleware = sessions({
      log,
      ...options,
      ignore: (ctx) => ctx.path.startsWith('/ignored'),
      touch: (ctx) => !ctx.path.startsWith('/polled'),
    });
    app.use(middleware);
    app.use(async (ctx) => {
      ctx.body = (await routes[ctx.path]?.(exchangeOf(ctx))) ?? null;
    });
    const answer = app.callback();
    const served = await serve((request, response) => void answer(request, response));
    const stop = (): Promise<void> => served.end().then(() => middleware.close());
    return { ...served, stop, sessions: middleware, lines, outages, users, errors };
  },
};

function exchangeOf(ctx: Context): Exchange {
  return {
    get session() {
      return ctx.session;
    },
    header: (name, value) => ctx.set(name, value),
    status: (code) => void (ctx.status = code),
    takeOver() {
      ctx.respond = false;
      return ctx.res;
    },
    disconnected: () => once(ctx.req.socket, 'close'),
    owner: ctx,
  };
}
