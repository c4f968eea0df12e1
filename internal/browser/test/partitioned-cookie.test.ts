import sessions, { type SessionData } from '@sess/fastify-plugin';
import { memoryStore } from '@sess/session';
import fastify from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startChromium } from './chromium.ts';
import { SECRET, serve, type Served } from './served.ts';

/** A browser on a busy machine. */
const TIMEOUT_MS = 120_000;

// A browser is slow: in the long form only.
describe.runIf(inject('long') && inject('programs').includes('chromium'))(
  'a partitioned cookie in Chromium',
  { timeout: TIMEOUT_MS },
  () => {
    let browser: Browser;
    let widget: Served;
    let embedding: Served;

    beforeAll(async () => {
      browser = await startChromium();
      const app = fastify();
      await app.register(sessions, {
        store: memoryStore(),
        secret: SECRET,
        cookie: { sameSite: 'none', partitioned: true },
      });
      app.get('/visits', async ({ session }) => {
        const data: SessionData & { visits?: number } = session.data;
        data.visits = (data.visits ?? 0) + 1;
        return `visit ${data.visits}`;
      });
      await app.ready();
      widget = await serve('https', (request, response) => app.routing(request, response));
      embedding = await serve('https', (_request, response) => {
        response
          .setHeader('content-type', 'text/html')
          .end(`<link rel="icon" href="data:,"><iframe src="https://widget.test:${widget.port}/visits"></iframe>`);
      });
    }, TIMEOUT_MS);

    afterAll(async () => {
      await browser?.close();
      await widget?.close();
      await embedding?.close();
    });

    it('keeps a session in the frame of a site, and another one in the frame of another site', async () => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      expect(await shownInFrame(page, 'one.test')).toBe('visit 1');
      expect(await shownInFrame(page, 'one.test')).toBe('visit 2');
      expect(await shownInFrame(page, 'two.test')).toBe('visit 1');
      expect((await context.cookies()).map(({ name, secure }) => [name, secure])).toEqual([
        ['__Host-sess', true],
        ['__Host-sess', true],
      ]);
    });

    async function shownInFrame(page: Page, site: string): Promise<string | null> {
      await page.goto(`https://${site}:${embedding.port}/`);
      const frame = page.frames().find((each) => each !== page.mainFrame());
      return (await frame?.textContent('body')) ?? null;
    }
  },
);
