/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { failingStore, warningsOfOutage } from '@sess/conformance';
import { describe, expect, it } from 'vitest';
import { browse, shop } from './shop.ts';

describe('the response that sets the cookie', () => {
  it('keeps the cookies of the application', async () => {
    const app = await shop();
    app.post('/two', async (request, reply) => {
      request.session.data.userId = 'USER_123';
      reply.header('set-cookie', ['theme=dark', 'lang=en']);
      return 'ok';
    });
    app.post('/raw', async (request, reply) => {
      request.session.data.userId = 'USER_123';
      reply.raw.setHeader('set-cookie', 'theme=dark');
      return 'ok';
    });
    const browser = await browse(app);
    const names = async (path: string): Promise<string[]> =>
      (await browser.copy().post(path)).headers.getSetCookie().map((line) => line.replace(/=.*/, ''));
    expect(await names('/two')).toEqual(['theme', 'lang', 'sess']);
    expect(await names('/raw')).toEqual(['theme', 'sess']);
  });
});

describe('a response of setNotFoundHandler', () => {
  it('saves the session', async () => {
    const app = await shop();
    app.setNotFoundHandler(async (request, reply) => {
      request.session.data.cart = ['lost'];
      return reply.code(404).send('nothing here');
    });
    const browser = await browse(app);
    expect((await browser.fetch('/nowhere')).status).toBe(404);
    expect(await browser.json('/profile')).toMatchObject({ cart: ['lost'] });
  });
});

describe('an outage', () => {
  it('is a process warning where Fastify has no logger, which is its default', async () => {
    const store = failingStore();
    for (const server of [{}, { logger: false }]) {
      expect(await warningsOfOutage(await browse(await shop({ store }, server)), store)).toEqual([
        'SESS_OUT_OF_REACH',
        'SESS_IN_REACH',
      ]);
    }
  });

  it('is none where it has one, though it be silent', async () => {
    const store = failingStore();
    expect(await warningsOfOutage(await browse(await shop({ store }, { logger: { level: 'silent' } })), store)).toEqual(
      [],
    );
  });
});
