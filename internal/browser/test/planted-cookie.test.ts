import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startChromium } from './chromium.ts';
import { appOf, serve, type Framework, type Served } from './served.ts';

/** A browser on a busy machine. */
const TIMEOUT_MS = 120_000;
const FRAMEWORKS: readonly Framework[] = ['fastify', 'koa'];

/**
 * Names that are not `__Host-sess`, so that a sub-domain may set them for its parent, and that a careless parser takes
 * for it.
 */
const NAMES = [
  '\u00A0__Host-sess',
  '__Host-sess\u00A0',

  '__HOST-sess',
  '__host-sess',
  '"__Host-sess"',
  '__Host-sess%20',
  '$__Host-sess',
];

describe.runIf(inject('programs').includes('chromium'))(
  'a cookie that a sub-domain plants in Chromium',
  { timeout: TIMEOUT_MS },
  () => {
    let browser: Browser;
    const servers: Served[] = [];
    beforeAll(async () => {
      vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      browser = await startChromium();
    }, TIMEOUT_MS);
    afterAll(async () => {
      for (const server of servers) await server.close();
      await browser?.close();
    });

    it.each(inject('long') ? FRAMEWORKS : FRAMEWORKS.slice(0, 1))(
      'is not taken by the %s app: nobody is lured into somebody else’s session',
      async (framework) => {
        let came = '';
        const app = await appOf(framework);
        const shop = await serve('https', (request, response) => {
          came = request.headers.cookie ?? '';
          app(request, response);
        });
        const planted: string[] = [];
        const evil = await serve('https', (_request, response) => {
          response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': planted }).end('<p>evil');
        });
        servers.push(shop, evil);
        const urlOf = (path: string): string => `https://shop.test:${shop.port}${path}`;
        // The attacker's own login, in a browser of its own.
        const attacker = await browser.newContext({ ignoreHTTPSErrors: true });
        const attack = await attacker.newPage();
        await attack.goto(urlOf('/health'));
        await attack.evaluate(
          `fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"user":"ATTACKER"}' })`,
        );
        const [own] = await attacker.cookies();
        expect(own?.name).toBe('__Host-sess');
        for (const name of NAMES) {
          const victim = await browser.newContext({ ignoreHTTPSErrors: true });
          const page = await victim.newPage();
          planted.splice(0, 1, `${name}=${own?.value}; Domain=shop.test; Path=/; Secure`);
          await page.goto(`https://evil.shop.test:${evil.port}/`);
          await page.goto(urlOf('/profile'));
          // Some names the browser itself refuses; the first gets through.
          if (name === NAMES[0]) expect(came).toContain(own?.value ?? '?');
          expect([name, await page.evaluate(`fetch('/profile').then(({ status }) => status)`)]).toEqual([name, 401]);
          await page.evaluate(
            `fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"user":"VICTIM"}' })`,
          );
          expect([name, await page.evaluate(`fetch('/profile').then((response) => response.text())`)]).toEqual([
            name,
            expect.stringContaining('VICTIM'),
          ]);
          await victim.close();
        }
        await attacker.close();
      },
    );
  },
);
