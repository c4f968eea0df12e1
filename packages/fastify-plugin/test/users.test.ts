/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { expect, it } from 'vitest';
import { browse, shop } from './shop.ts';

it('the application revokes and lists the sessions of a user', async () => {
  const app = await shop({ userOf: (data) => data.userId });
  app.post('/password', async ({ session }) => session.revokeOthers());
  const phone = await browse(app);
  const laptop = phone.copy();
  for (const browser of [phone, laptop]) await browser.post('/login');
  expect(await app.sessions.ofUser('USER_123')).toHaveLength(2);
  expect((await laptop.post('/password')).status).toBe(200);
  expect([await phone.json('/profile'), await laptop.json('/profile')]).toMatchObject([
    { user: null },
    { user: 'USER_123' },
  ]);
  await app.sessions.revokeUser('USER_123');
  expect(await laptop.json('/profile')).toMatchObject({ user: null });
});

it('a decorator of the application’s own keeps its name', async () => {
  const { default: fastify } = await import('fastify');
  const { default: sessions, memoryStore } = await import('../src/index.ts');
  const app = fastify();
  app.decorate('sessions', 'mine' as never);
  await app.register(sessions, { store: memoryStore(), secret: 'a secret of at least thirty-two bytes' });
  expect(app.sessions).toBe('mine');
  await app.close();
});
