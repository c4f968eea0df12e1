import { SessStore } from '@sess/koa-session-store';
import Koa from 'koa';
import session from 'koa-session';

export const store = new SessStore({ servers: process.env.SESS_SERVERS });
const app = new Koa();
app.keys = [process.env.SESS_SECRET ?? ''];
app.use(session({ store, genid: store.newId, maxAge: 3_600_000 }, app));
app.use(async (ctx) => {
  if (ctx.path === '/login') {
    await ctx.session.regenerate();
    ctx.session.userId = 'USER_123';
  }
  ctx.body = { user: ctx.session.userId ?? null };
});

await store.ready();
export const server = app.listen(Number(process.env.PORT ?? 3000));
server.once('close', () => void store.close());
