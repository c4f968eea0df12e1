import { describe, expect, it, onTestFinished } from 'vitest';
import { Browser } from '../src/browser.ts';
import { LibraryBench } from '../src/session-library/bench.ts';
import type { LibraryApp, SessionLibrarySubject } from '../src/session-library/subject.ts';
import { startExpress } from './session-libraries/express-app.ts';
import { startFastify } from './session-libraries/fastify-app.ts';
import { startKoa } from './session-libraries/koa-app.ts';

const DAY_SECONDS = 86_400;

const sessionId = (cookie: string): string => cookie.replace(/^s:/, '').replace(/\.[^.]*$/, '');

async function open(start: SessionLibrarySubject['start'], keyPrefix = 'x/'): Promise<LibraryBench> {
  const bench = await LibraryBench.open(
    { name: '', start, sessionId, keyPrefix, idle: 'rewrite', tellsBase: false },
    'embedded',
    1,
  );
  onTestFinished(() => bench[Symbol.asyncDispose]());
  return bench;
}

describe('the options of the libraries', () => {
  it('express-session and @fastify/session share the sessions of one cluster, and their cookies', async () => {
    let beside: LibraryApp | undefined;
    const bench = await open(async (options) => {
      beside = await startFastify(options, { cookieName: 'connect.sid', cookiePrefix: 's:' });
      return startExpress(options);
    });
    onTestFinished(() => beside?.close());
    const browser = await bench.loggedIn();
    const elsewhere = new Browser(beside?.origin ?? '', browser.cookies);
    expect(await elsewhere.json('/profile')).toEqual({ user: 'USER_123', cart: null });
    await elsewhere.json('/put?key=cart&value=sku-1');
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: 'sku-1' });
  });

  it.each([
    ['express-session', startExpress],
    ['@fastify/session', startFastify],
  ])('saveUninitialized of %s stores a session without data', async (_, start) => {
    const bench = await open((options) => start(options, { saveUninitialized: true }));
    const browser = bench.browser();
    await browser.json('/profile');
    const key = bench.keyOf(browser);
    await browser.json('/profile');
    expect(bench.keyOf(browser)).toBe(key);
    expect(JSON.parse(String((await bench.stored(browser)).value))).toHaveProperty('cookie');
  });

  it.each<[string, string, SessionLibrarySubject['start']]>([
    ['express-session', 'x/', (options) => startExpress(options, { cookie: {} })],
    ['@fastify/session', 'x/', (options) => startFastify(options, { cookie: { secure: false } })],
    ['koa-session', 'k/', (options) => startKoa(options, { maxAge: 'session' })],
  ])('a cookie of %s that ends with the browser leaves its session for ttlSeconds', async (_, prefix, start) => {
    const bench = await open(start, prefix);
    const browser = await bench.loggedIn();
    expect((await bench.stored(browser)).ttlSeconds).toBeGreaterThan(DAY_SECONDS - 60);
    expect(await browser.json('/profile')).toMatchObject({ user: 'USER_123' });
  });

  it('koa-session without rolling writes nothing for a request that changes nothing', async () => {
    const bench = await open((options) => startKoa(options, { rolling: false }), 'k/');
    const browser = await bench.loggedIn();
    const { version } = await bench.stored(browser);
    await browser.json('/profile');
    expect((await bench.stored(browser)).version).toBe(version);
  });
});
