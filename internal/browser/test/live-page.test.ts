import { clusterSettings, html, openPicture, type OpenPicture } from '@sess/cli';
import { createClient, deriveHistorySecret, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startChromium } from './chromium.ts';
import { lowContrasts, sidewaysOverflow } from './page-checks.ts';
import { SECRET } from './served.ts';

/** A browser on a busy machine. */
const TIMEOUT_MS = 300_000;
const PATIENCE = { timeout: 60_000 };
const WIDTHS = [400, 1_600];
const SCHEMES = ['light', 'dark'] as const;

describe.runIf(inject('programs').includes('chromium'))('the live page in Chromium', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let cluster: LocalCluster;
  let client: Client;
  let picture: OpenPicture;
  const pressed: (string | undefined)[] = [];

  beforeAll(async () => {
    browser = await startChromium();
    cluster = await startLocalCluster({ nodes: 3, runtime: 'embedded' });
    const servers = `${cluster.url}?historyIntervalMs=200&clockSkewMs=0&pollIntervalMs=100&timeoutMs=5000`;
    client = createClient({ servers, historySecret: deriveHistorySecret(SECRET) });
    await client.ready();
    await Promise.all(Array.from({ length: 200 }, (_, key) => client.set(`s/${key}`, 'x', { ttlSeconds: 600 })));
    picture = await openPicture({
      settings: clusterSettings(servers, { SESS_SECRET: SECRET }),
      intervalMs: 1_000,
      extension: {
        style: '',
        panels: () => [],
        nodeActions: ({ id, number }) =>
          html`<button type="button" data-action="press" data-node="${id}">${`Press ${number}`}</button>`,
        actions: {
          press: async (node) => {
            pressed.push(node);
            return `pressed ${node}`;
          },
        },
      },
    });
    // Something to see in every part: a handover, a node that is down, a story.
    await cluster.addNode();
    const [, second] = cluster.nodes;
    await cluster.crashNode(second?.id ?? '');
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
    await picture?.close();
    client?.destroy();
    await cluster?.close();
  });

  /** A tab, and what its console complained of. */
  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' });
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(picture.url);
    await page.waitForSelector('h1.trouble');
    await expect.poll(() => page.textContent('#live'), PATIENCE).toBe('Live');
    return { page, complaints };
  }

  it.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [width, scheme] as const)))(
    'fits %i pixels in %s, has the contrast that WCAG asks for, and nothing to complain of',
    async (width, scheme) => {
      const { page, complaints } = await open(width, scheme);
      expect(await page.textContent('h1')).toBe('Node 2 does not answer.');
      expect(await page.locator('.node').count()).toBe(4);
      expect(await page.evaluate(sidewaysOverflow)).toEqual([]);
      expect(await page.evaluate(lowContrasts)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  it('is drawn anew without losing the focus, and points a node out by keyboard', async () => {
    const { page } = await open(1_600, 'light');
    const first = page.locator('[data-point-out="1"]');
    await first.focus();
    await page.keyboard.press('Enter');
    const faded = (): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('.arc[data-part="3"]')).opacity`);
    await expect.poll(faded, PATIENCE).toBe('0.25');
    const before = await page.textContent('#requests .figure');
    const traffic = setInterval(() => void client.get('s/1').catch(() => undefined), 10);
    await expect.poll(() => page.textContent('#requests .figure'), PATIENCE).not.toBe(before);
    clearInterval(traffic);
    expect(await first.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
    expect(await first.getAttribute('aria-pressed')).toBe('true');
    await page.close();
  });

  it('has every control in reach of the Tab key, and does what they say', async () => {
    const { page, complaints } = await open(400, 'dark');
    const controls = await page.locator('button').count();
    const reached = new Set<string | null>();
    for (let press = 0; press < controls; press += 1) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(
          `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()`,
        ),
      );
    }
    expect(reached.size).toBe(controls);
    await page.locator('[data-action=press]').first().press('Enter');
    await expect.poll(() => page.textContent('#said'), PATIENCE).toMatch(/^pressed /);
    expect(pressed).toHaveLength(1);
    expect(cluster.nodes.map(({ id }) => id)).toContain(pressed[0]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('runs nothing that is not its own, and nothing moves for those who want it so', async () => {
    const { page } = await open(1_600, 'light');
    const ran = await page.evaluate(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
    })`);
    expect(ran).toBe('script-src-elem');
    expect(await page.evaluate('window.ran')).toBeUndefined();
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
    await page.close();
  });

  it('says so when the command has ended', async () => {
    const { page } = await open(400, 'light');
    await picture.close();
    await expect.poll(() => page.textContent('#live'), PATIENCE).toContain('ended');
    await page.close();
  });
});
