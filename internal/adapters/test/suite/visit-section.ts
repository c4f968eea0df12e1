import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { Browser } from '@sess/conformance';
import type { Open } from './bench.ts';

/** A visit from login to logout, whatever the answers are. */
export function visitSection(open: Open): void {
  it('lives from login to logout, and then is dead for who has its cookie', async () => {
    await using bench = await open({ '/logout': async ({ session }) => (await session.destroy(), {}) });
    const browser = bench.browser();
    expect(await browser.json('/user')).toEqual({ user: null, note: null });
    expect(browser.cookies.size).toBe(0);
    await browser.get('/login');
    expect(await browser.json('/user')).toEqual({ user: 'USER_123', note: null });
    const thief = browser.copy();
    expect((await browser.get('/logout')).status).toBe(200);
    expect(browser.cookies.size).toBe(0);
    expect(await thief.json('/user')).toEqual({ user: null, note: null });
  });

  it('gets another id at login, and the old one is dead', async () => {
    await using bench = await open({ '/note': ({ session }) => ((session.data.note = 'mine'), {}) });
    const browser = bench.browser();
    await browser.get('/note');
    const thief = browser.copy();
    await browser.get('/login');
    expect(await browser.json('/user')).toEqual({ user: 'USER_123', note: null });
    expect(await thief.json('/user')).toEqual({ user: null, note: null });
  });

  it('has a plain cookie over plain HTTP, and a __Host- cookie behind a trusted proxy that ends TLS', async () => {
    await using plain = await open({});
    const { headers } = await plain.browser().get('/login');
    expect(headers.get('set-cookie')).toMatch(/^sess=[\w-]{32}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    await using bench = await open({}, { secure: 'auto', trustProxy: true });
    const browser = new Browser(bench.app.origin, [], { 'x-forwarded-proto': 'https' });
    const login = await browser.get('/login');
    expect(login.headers.get('set-cookie')).toMatch(/^__Host-sess=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(await browser.json('/user')).toMatchObject({ user: 'USER_123' });
  });

  it('keeps caches away from the response with its cookie, unless the application did, and leaves its cookies', async () => {
    await using bench = await open({
      '/own': ({ session, header }) => {
        header('cache-control', 'private');
        header('set-cookie', 'theme=dark');
        session.data.note = 'mine';
        return {};
      },
    });
    const [login, own] = [await bench.browser().get('/login'), await bench.browser().get('/own')];
    expect([login, own].map(({ headers }) => headers.get('cache-control'))).toEqual(['no-store', 'private']);
    expect(own.headers.getSetCookie().map((line) => line.replace(/=.*/, ''))).toEqual(['theme', 'sess']);
    const browser = await bench.loggedIn();
    expect((await browser.get('/user')).headers.get('cache-control')).toBeNull();
  });

  it('is saved with an error, with a stream before its first byte, with HEAD, and with each status', async () => {
    await using bench = await open({
      '/throws': ({ session }) => {
        session.data.note = 'error';
        throw new Error('a bug');
      },
      '/stream': ({ session }) => ((session.data.note = 'stream'), Readable.from(['one', 'two'])),
      '/head': ({ session }) => ((session.data.note = 'head'), {}),
      '/created': ({ session, status }) => ((session.data.note = 'created'), status(201), {}),
      '/teapot': ({ session, status }) => ((session.data.note = 'teapot'), status(418), {}),
    });
    const browser = bench.browser();
    const noteAfter = async (answered: Promise<{ readonly status: number }>): Promise<unknown> => {
      const { status } = await answered;
      const { note } = (await browser.json('/user')) as { note: unknown };
      return [status, note];
    };
    expect(await noteAfter(browser.get('/throws'))).toEqual([500, 'error']);
    expect(await noteAfter(browser.get('/stream'))).toEqual([200, 'stream']);
    expect(await noteAfter(browser.fetch('/head', { method: 'HEAD' }))).toEqual([200, 'head']);
    expect(await noteAfter(browser.get('/created'))).toEqual([201, 'created']);
    expect(await noteAfter(browser.get('/teapot'))).toEqual([418, 'teapot']);
    expect((await bench.browser().get('/stream')).text).toBe('onetwo');
  });

  it('is a 503 where it is used while the store is out of reach, and is there again afterwards', async () => {
    for (const onUnavailable of [undefined, 'error'] as const) {
      await using bench = await open({}, { onUnavailable });
      const browser = await bench.loggedIn();
      bench.store.down = true;
      const { status, headers } = await browser.get('/user');
      expect([status, headers.get('retry-after'), headers.get('set-cookie')]).toEqual([503, '5', null]);
      expect((await bench.browser().get('/user')).status).toBe(200);
      bench.store.down = false;
      expect(await browser.json('/user')).toMatchObject({ user: 'USER_123' });
    }
  });

  it('that could not be saved is a 503, whatever status the handler set; a new id that was stored before leaves with it', async () => {
    const outage = new EventEmitter();
    await using bench = await open({
      '/created': ({ session, status }) => {
        session.data.note = 'lost';
        outage.emit('begins');
        status(201);
        return {};
      },
      '/elevate': async ({ session }) => {
        await session.regenerate({ keep: true });
        session.data.note = 'lost';
        outage.emit('begins');
        return {};
      },
    });
    outage.on('begins', () => void (bench.store.down = true));
    const created = await bench.browser().get('/created');
    expect([created.status, created.headers.get('retry-after'), created.headers.get('set-cookie')]).toEqual([
      503,
      '5',
      null,
    ]);
    bench.store.down = false;
    const browser = await bench.loggedIn();
    expect((await browser.get('/elevate')).status).toBe(503);
    bench.store.down = false;
    expect(await browser.json('/user')).toEqual({ user: 'USER_123', note: null });
  });
}
