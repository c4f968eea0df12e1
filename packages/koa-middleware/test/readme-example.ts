import { sessions } from '@sess/koa-middleware';
import Koa from 'koa';

declare module '@sess/koa-middleware' {
  interface SessionData {
    userId?: string;
  }
}

const app = new Koa();
export const middleware = sessions({
  servers: process.env.SESS_SERVERS,
  secret: process.env.SESS_SECRET,
  ttlSeconds: 3600,
  ignore: (ctx) => ctx.path === '/health',
});
app.use(middleware);
app.use(async (ctx) => {
  if (ctx.path === '/login') {
    await ctx.session.regenerate();
    ctx.session.data.userId = 'USER_123';
  }
  ctx.body = ctx.path === '/health' ? 'ok' : { user: ctx.session.data.userId ?? null };
});

export const server = app.listen(Number(process.env.PORT ?? 3000));
server.once('close', () => void middleware.close());
