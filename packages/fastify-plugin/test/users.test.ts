/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { expect, it } from 'vitest';

it('a decorator of the application’s own keeps its name', async () => {
  const { default: fastify } = await import('fastify');
  const { default: sessions, memoryStore } = await import('../src/index.ts');
  const app = fastify();
  app.decorate('sessions', 'mine' as never);
  await app.register(sessions, { store: memoryStore(), secret: 'a secret of at least thirty-two bytes' });
  expect(app.sessions).toBe('mine');
  await app.close();
});
