import { memoryStore } from '@sess/session';
import Koa from 'koa';
import { expect, it } from 'vitest';
import { sessions } from '../src/index.ts';
import { browse, SECRET } from './shop.ts';

it('the middleware revokes and lists the sessions of a user', async () => {
  const middleware = sessions({ store: memoryStore(), secret: SECRET, secure: false, userOf: (data) => data.userId });
  const app = new Koa();
  app.use(middleware);
  app.use(async (ctx) => {
    if (ctx.path === '/login') ctx.session.data.userId = 'USER_123';
    if (ctx.path === '/password') await ctx.session.revokeOthers();
    ctx.body = { user: ctx.session.data.userId ?? null };
  });
  const phone = await browse(app);
  const laptop = phone.copy();
  for (const browser of [phone, laptop]) await browser.post('/login');
  expect(await middleware.ofUser('USER_123')).toHaveLength(2);
  await laptop.post('/password');
  expect([await phone.json('/'), await laptop.json('/')]).toEqual([{ user: null }, { user: 'USER_123' }]);
  await middleware.revokeUser('USER_123');
  expect(await laptop.json('/')).toEqual({ user: null });
});
