import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startChromium } from './chromium.ts';
import type { Framework, Scheme } from './served.ts';
import { post, profileStatus, Visitor } from './visitor.ts';

/** A browser on a busy machine. */
const TIMEOUT_MS = 120_000;

/** In its long form with both frameworks and both schemes: a browser is slow. */
const long = inject('long');

const COOKIES: readonly [Framework, Scheme, string][] = [
  ['koa', 'http', 'sess'],
  ['koa', 'https', '__Host-sess'],
  ['fastify', 'https', '__Host-sess'],
  ['fastify', 'http', 'sess'],
];
const APPS: readonly [Framework, Scheme][] = [
  ['fastify', 'https'],
  ['koa', 'http'],
];

describe.runIf(inject('programs').includes('chromium'))('in Chromium', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let visitor: Visitor | undefined;
  beforeAll(async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    browser = await startChromium();
  }, TIMEOUT_MS);
  afterEach(async () => {
    await visitor?.close();
    visitor = undefined;
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function newVisitor(framework: Framework, scheme: Scheme): Promise<Visitor> {
    visitor = await Visitor.of(browser, framework, scheme);
    return visitor;
  }

  it.each(long ? COOKIES : COOKIES.slice(0, 1))(
    'a login on the %s app over %s is one cookie %s, which no script sees, and which survives a reload',
    async (framework, scheme, name) => {
      const visit = await newVisitor(framework, scheme);
      const page = await visit.newTab();
      expect(await visit.cookies()).toEqual([]);
      expect((await post(page, '/login', { user: 'USER_123' })).cacheControl).toBe('no-store');
      expect(await visit.cookies()).toMatchObject([
        {
          name,
          domain: 'localhost',
          path: '/',
          httpOnly: true,
          secure: scheme === 'https',
          sameSite: 'Lax',
          expires: -1,
        },
      ]);
      expect(await page.evaluate('document.cookie')).toBe('');
      await page.goto(visit.urlOf('/profile'));
      await page.reload();
      expect(await page.textContent('body')).toBe('{"user":"USER_123","cart":[]}');
    },
  );

  describe.each(long ? APPS : APPS.slice(0, 1))('on the %s app over %s', (framework, scheme) => {
    it('a logout makes the browser forget the cookie, which is worth nothing afterwards', async () => {
      const visit = await newVisitor(framework, scheme);
      const page = await visit.newTab();
      await post(page, '/login', { user: 'USER_123' });
      const before = await visit.cookies();
      expect(await profileStatus(page)).toBe(200);
      expect((await post(page, '/logout')).status).toBe(204);
      expect(await visit.cookies()).toEqual([]);
      await visit.putBack(before);
      expect(await profileStatus(page)).toBe(401);
    });

    it('a login anew is another cookie, and the one before is worth nothing', async () => {
      const visit = await newVisitor(framework, scheme);
      const page = await visit.newTab();
      await post(page, '/login', { user: 'USER_123' });
      const before = await visit.cookies();
      await post(page, '/login', { user: 'USER_123' });
      const after = await visit.cookies();
      expect(after.map(({ value }) => value)).not.toEqual(before.map(({ value }) => value));
      expect(await profileStatus(page)).toBe(200);
      await visit.putBack(before);
      expect(await profileStatus(page)).toBe(401);
    });

    it('use keeps a session, and an absence longer than the idle timeout ends it', async () => {
      const visit = await newVisitor(framework, scheme);
      const page = await visit.newTab();
      await post(page, '/login', { user: 'USER_123' });
      for (let use = 0; use < 2; use++) {
        visit.shop.passSeconds(3_500);
        expect(await profileStatus(page)).toBe(200);
      }
      visit.shop.passSeconds(3_700);
      expect(await profileStatus(page)).toBe(401);
    });

    it('two tabs share a session, and its end', async () => {
      const visit = await newVisitor(framework, scheme);
      const [one, two] = [await visit.newTab(), await visit.newTab()];
      await post(one, '/login', { user: 'USER_123' });
      await post(two, '/cart', { item: 'sku-1' });
      expect((await post(one, '/cart', { item: 'sku-2' })).text).toBe('{"cart":["sku-1","sku-2"]}');
      await post(two, '/logout');
      expect(await profileStatus(one)).toBe(401);
    });
  });
});
