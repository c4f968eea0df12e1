/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { Readable } from 'node:stream';
import { memoryStore } from '@sess/session';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browse, shop } from './shop.ts';

/** Errors that would have ended the process. */
const fatal: unknown[] = [];
const note = (error: unknown): void => void fatal.push(error);
beforeAll(() => void process.on('uncaughtException', note).on('unhandledRejection', note));
afterAll(() => void process.off('uncaughtException', note).off('unhandledRejection', note));
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(fatal.splice(0)).toEqual([]);
});

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const change = (request: FastifyRequest): void => void (request.session.data.cart = ['sku-1']);

/** Every handler sends without returning the reply. */
const HANDLERS: readonly [string, Handler, number, string][] = [
  ['an object', async (request, reply) => (change(request), void reply.send({ ok: true })), 200, '{"ok":true}'],
  ['nothing, with 204', async (request, reply) => (change(request), void reply.code(204).send()), 204, ''],
  ['a redirect', async (request, reply) => (change(request), void reply.redirect('/profile', 302)), 302, ''],
  [
    'a stream',
    async (request, reply) => (change(request), void reply.send(Readable.from(['one', 'two']))),
    200,
    'onetwo',
  ],
  ['a buffer', async (request, reply) => (change(request), void reply.send(Buffer.from('raw'))), 200, 'raw'],
  [
    'and then throws',
    async (request, reply) => {
      change(request);
      reply.header('x-first', 'yes').send({ ok: true });
      throw new Error('after the answer');
    },
    200,
    '{"ok":true}',
  ],
  [
    'and then answers once more, with another status and type',
    async (request, reply) => {
      change(request);
      reply.send({ ok: true });
      reply.code(500).type('text/html').header('x-second', 'no').send('<p>second</p>');
    },
    200,
    '{"ok":true}',
  ],
  [
    'and returns something else',
    async (request, reply) => (change(request), reply.send({ ok: true }), { ok: false }),
    200,
    '{"ok":true}',
  ],
];

describe.each(HANDLERS)('a handler that sends %s', (_what, handler, status, body) => {
  it.each<[string, (app: FastifyInstance) => void, string]>([
    ['as a route', (app) => void app.get('/answer', handler), '/answer'],
    [
      'as an error handler',
      (app) => {
        app.setErrorHandler(async (_error, request, reply) => handler(request, reply.code(200)));
        app.get('/answer', async () => Promise.reject(new Error('a bug')));
      },
      '/answer',
    ],
    [
      'for unknown paths',
      (app) => void app.setNotFoundHandler(async (request, reply) => handler(request, reply.code(200))),
      '/nowhere',
    ],
    [
      'as a hook, before a handler that must not run',
      (app) => {
        app.addHook('preHandler', async (request, reply) => {
          if (request.url === '/answer') await handler(request, reply);
        });
        app.get('/answer', async (request) => {
          request.session.data.cart = ['the handler ran'];
          return 'the handler ran';
        });
      },
      '/answer',
    ],
  ])('gives that answer and the cookie, once: %s', async (_, register, path) => {
    const app = await shop();
    register(app);
    const browser = await browse(app);
    const response = await browser.fetch(path, { redirect: 'manual' });
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(response.headers.getSetCookie()).toHaveLength(1);
    expect(response.headers.get('x-second')).toBeNull();
    expect(await browser.json('/profile')).toMatchObject({ cart: ['sku-1'] });
  });
});

describe('hooks', () => {
  it('that only read survive when a touch is due', async () => {
    const now = { current: Date.now() };
    const clock = (): number => now.current;
    const app = await shop({ store: memoryStore({ now: clock }), now: clock, cookie: { persistent: true } });
    app.get('/read', async (request, reply) => void reply.send({ user: request.session.data.userId }));
    const browser = await browse(app);
    await browser.post('/login');
    now.current += 1_800_000;
    const response = await browser.fetch('/read');
    expect([await response.json(), response.headers.getSetCookie().length]).toEqual([{ user: 'USER_123' }, 1]);
  });

  it('that fail after the session was saved leave its cookie with the error', async () => {
    const app = await shop();
    let failed = false;
    app.addHook('onSend', async () => {
      if (failed) return;
      failed = true;
      throw new Error('a bug in a hook');
    });
    const browser = await browse(app);
    const response = await browser.post('/login');
    expect([response.status, response.headers.getSetCookie().length]).toEqual([500, 1]);
    expect(await browser.json('/profile')).toMatchObject({ user: 'USER_123' });
  });

  it('that make a payload nobody can send end in an error, not in an uncaught one', async () => {
    const app = await shop();
    app.get('/bad', async (request, reply) => {
      change(request);
      reply.header('x-bad', 'line\nbreak');
      return 'never sent';
    });
    const browser = await browse(app);
    await browser.fetch('/bad').catch(() => undefined);
    expect((await browser.fetch('/profile')).status).toBe(200);
  });

  it('may change the session last', async () => {
    const app = await shop();
    app.get('/counted', async () => 'ok');
    app.addHook('onSend', async (request) => void (request.session.data.cart = ['from the last hook']));
    const browser = await browse(app);
    await browser.fetch('/counted');
    expect(await browser.json('/profile')).toMatchObject({ cart: ['from the last hook'] });
  });

  it('that write to reply.raw are the answer', async () => {
    const app = await shop();
    app.get('/raw', async (request, reply) => {
      change(request);
      await request.session.save();
      reply.raw.end('raw');
    });
    app.get('/late', async (request, reply) => {
      reply.raw.write('[');
      request.session.data.cart = ['while streaming'];
      reply.raw.end(']');
    });
    const browser = await browse(app);
    const response = await browser.fetch('/raw');
    expect([await response.text(), response.headers.getSetCookie().length]).toEqual(['raw', 1]);
    await (await browser.fetch('/late')).text();
    await expect.poll(() => browser.json('/profile')).toMatchObject({ cart: ['while streaming'] });
  });
});
