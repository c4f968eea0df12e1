import { sessions } from '@sess/koa-middleware';
import Koa from 'koa';

const app = new Koa();
app.use(sessions({ servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, ttlSeconds: 3600 }));
app.use(async (ctx) => {
  if (ctx.path === '/login') await ctx.session.regenerate();
  if (ctx.path === '/login') ctx.session.data.userId = 'USER_123';
  ctx.body = { user: ctx.session.data.userId };
});
app.listen(3000);
