import { renderPage, type Measurement, type Report, type TimelineRecord } from '@sess/scaling-lab';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startChromium } from './chromium.ts';
import { lowContrasts, sidewaysOverflow } from './page-checks.ts';

/** A browser on a busy machine. */
const TIMEOUT_MS = 300_000;
const STRATEGIES = ['modulo', 'ketama', 'memcache', 'sess', 'sess-2-copies', 'sess-drain', 'sess-database'];
const NONE = { 'logged-in': 0, 'logged-out': 0, unavailable: 0, stranger: 0, failed: 0 };

/** Everything that a strategy can do wrong, more of it with each. */
const MEASUREMENTS: readonly Measurement[] = STRATEGIES.map((strategy, place) => ({
  scenario: 'scale-down',
  phase: 'removed',
  strategy,
  nodesBefore: 4,
  nodesAfter: 3,
  users: 500,
  found: { ...NONE, 'logged-in': 500 - 80 * place, 'logged-out': 70 * place, unavailable: 10 * place },
  causes: strategy.startsWith('sess') ? [{ cause: 'node-lost', share: 1 }] : undefined,
  crossReads: { fastifyToKoa: 0, koaToFastify: 0 },
  sawOlder: place,
  left: 20,
  revived: place,
  traffic: { ...NONE, 'logged-in': 100, unavailable: 3 * place },
  nodeRequests: { seen: 150, baseline: 120 },
  expected: { loggedOut: 0.2, unavailable: 0 },
  eventMs: 400,
  countMs: 900,
  objections: place === 6 ? ['480 of 500 users were logged out; at most 0 were to be expected'] : [],
}));
const NODES = [1, 2, 3, 4].map((number) => `10.0.0.${number}:11211`);
const TIMELINES: readonly TimelineRecord[] = STRATEGIES.map((strategy) => ({
  scenario: 'scale-down',
  strategy,
  binMs: 250,
  bins: Array.from({ length: 20 }, (_, bin) => ({
    atMs: (bin - 4) * 250,
    answers: { ...NONE, 'logged-in': 10, 'logged-out': bin, unavailable: 3 },
    older: 1,
  })),
  marks: [{ atMs: 0, text: 'it is taken away' }],
  nodesBefore: NODES,
  nodesAfter: NODES.slice(0, 3),
  itemsBefore: Object.fromEntries(NODES.map((id) => [id, 125])),
  itemsAfter: Object.fromEntries(NODES.slice(0, 3).map((id) => [id, 160])),
}));
const REPORT: Report = {
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 61_000,
  runtime: 'embedded',
  runtimeReason: 'it was asked for',
  node: 'v24.0.0',
  nodes: 3,
  users: 500,
  apps: 1,
  copies: 1,
  transport: 'text',
  measurements: MEASUREMENTS,
  timelines: TIMELINES,
  asExpected: false,
};

describe.runIf(inject('programs').includes('chromium'))('the lab’s report in Chromium', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, TIMEOUT_MS);
  afterAll(() => browser?.close());

  it.each([
    [500, 'light'],
    [500, 'dark'],
    [1_280, 'light'],
    [1_280, 'dark'],
  ] as const)('fits %i pixels in %s, and has the contrast that WCAG asks for', async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.setContent(renderPage(REPORT));
    expect(await page.evaluate(sidewaysOverflow)).toEqual([]);
    expect(await page.evaluate(lowContrasts)).toEqual([]);
    await page.close();
  });

  it('has this project’s results in sight at first, on a narrow screen too', async () => {
    const page = await browser.newPage({ viewport: { width: 500, height: 900 } });
    await page.setContent(renderPage(REPORT));
    const named = await page
      .locator('.matrix tbody tr:first-child td')
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-strategy')));
    expect(named).toEqual([...STRATEGIES.slice(3), ...STRATEGIES.slice(0, 3)]);
    const box = await page.locator('.matrix td').first().boundingBox();
    expect(box !== null && box.x >= 0 && box.x + box.width <= 500).toBe(true);
    await page.close();
  });
});
