/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { memoryStore, type Session, type SessionData } from '@sess/session';
import fastify, { type FastifyRequest, type RegisterOptions } from 'fastify';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import plugin, { sessions, type FastifySessionsOptions } from '../src/index.ts';
import { SECRET, shop } from './shop.ts';

const app = { current: fastify() };
afterEach(async () => {
  await app.current.close();
  app.current = fastify();
});

function register(options: Partial<FastifySessionsOptions & RegisterOptions>) {
  return app.current.register(plugin, { secret: SECRET, ttlSeconds: 3_600, ...options });
}

function registerIn(prefix: string) {
  return app.current.register(
    async (scope) => scope.register(plugin, { store: memoryStore(), secret: SECRET }).then(() => undefined),
    {
      prefix,
    },
  );
}

describe('registration', () => {
  it('takes the default export or the named one', () => {
    expect(plugin).toBe(sessions);
  });

  it('fails where the plugin was called, and says how it is registered', async () => {
    const called = (plugin as (options: object) => unknown)({ store: memoryStore(), secret: SECRET });
    await expect(called).rejects.toMatchObject({
      code: 'SESS_BAD_OPTION',
      message: expect.stringContaining('await app.register(sessions, { servers, secret })'),
    });
  });

  it('fails a second time in the same scope, or in one inside it', async () => {
    await register({ store: memoryStore() });
    await expect(register({ store: memoryStore() })).rejects.toMatchObject({ code: 'SESS_REGISTERED_TWICE' });
    const inner = app.current.register(async (scope) => {
      await scope.register(plugin, { store: memoryStore(), secret: SECRET });
    });
    await expect(inner).rejects.toMatchObject({ code: 'SESS_REGISTERED_TWICE' });
  });

  it('holds for its scope alone, and scopes beside each other have their own', async () => {
    for (const name of ['one', 'two']) {
      await app.current.register(async (scope) => {
        await scope.register(plugin, { store: memoryStore(), secret: SECRET, secure: false, cookie: { name } });
        scope.get(`/${name}`, async (request) => void (request.session.data.userId = name));
      });
    }
    app.current.get('/outside', async (request) => 'session' in request);
    const cookies = await Promise.all(
      ['/one', '/two'].map(async (url) => (await app.current.inject(url)).cookies.map(({ name }) => name)),
    );
    expect(cookies).toEqual([['one'], ['two']]);
    expect((await app.current.inject('/outside')).json()).toBe(false);
  });

  it('fails in a scope whose cookie another scope has: a session of one would be good in the other', async () => {
    await registerIn('/shop');
    await expect(registerIn('/admin')).rejects.toMatchObject({
      code: 'SESS_BAD_OPTION',
      message: expect.stringContaining('"cookie.name"'),
    });
  });

  it('closes what it opened where it is refused, or comes too late', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const servers = `memcached://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let connections = 0;
    server.on('connection', () => (connections += 1));
    await registerIn('/shop');
    const refused = app.current.register(async (scope) => {
      await scope.register(plugin, { secret: SECRET, servers });
    });
    await expect(refused).rejects.toMatchObject({ code: 'SESS_BAD_OPTION' });
    const late = fastify();
    late.addHook('onReady', async () => {
      await late.register(plugin, { secret: SECRET, servers });
    });
    await expect(late.ready()).rejects.toThrow();
    // A valid registration that begins to connect after the refused ones: once its connection has arrived, theirs would
    // have, too.
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const inTime = fastify();
    await inTime.register(plugin, {
      secret: SECRET,
      servers: `memcached://127.0.0.1:${(other.address() as AddressInfo).port}`,
    });
    await once(other, 'connection');
    expect(connections).toBe(0);
    await inTime.close();
    other.close();
    server.close();
  });

  it.each<unknown>([{ touch: 'no' }, { tuch: false }, 'no', null])(
    'refuses a route that says %j of its session',
    async (session) => {
      await register({ store: memoryStore() });
      const add = (): unknown => app.current.get('/slip', { config: { session: session as false } }, async () => 'ok');
      expect(add).toThrow(
        expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringContaining('the route "/slip"') }),
      );
    },
  );

  it('accepts the options that Fastify takes for itself', async () => {
    await register({ store: memoryStore(), prefix: '/api', logLevel: 'warn' });
  });

  it('gives hooks that come after it the session, too', async () => {
    const server = await shop();
    server.addHook('onRequest', async (request) => void (request.session.data.cart ??= []));
    server.addHook('preHandler', async (request) => void request.session.data.cart?.push('from a hook'));
    expect((await server.inject('/profile')).json()).toEqual({ user: null, cart: ['from a hook'] });
  });
});

describe('types', () => {
  it('know request.session, and the data that the application declared', () => {
    expectTypeOf<FastifyRequest['session']>().toEqualTypeOf<Session>();
    expectTypeOf<FastifyRequest['session']['data']>().toEqualTypeOf<SessionData>();
    expectTypeOf<SessionData['userId']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<SessionData['cart']>().toEqualTypeOf<string[] | undefined>();
  });

  it('refuse what was not declared', () => {
    // @ts-expect-error -- a field that no SessionData declares
    expectTypeOf<Session['data']['unheardOf']>();
    // @ts-expect-error -- an option that there is not
    void (() => fastify().register(plugin, { store: memoryStore(), secret: SECRET, ttlSecond: 3_600 }));
    // @ts-expect-error -- session takes a boolean, or an object
    fastify().get('/', { config: { session: 'no' } }, async () => 'ok');
  });
});
