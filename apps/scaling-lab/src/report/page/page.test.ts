import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../measure/measurement.ts';
import { tally } from '../../users/outcome.ts';
import type { Report } from '../../measure/report.ts';
import type { TimelineRecord } from '../../users/timeline.ts';
import { percent } from './markup.ts';
import { renderPage } from './page.ts';

const MODULO: Measurement = {
  scenario: 'scale-up',
  phase: 'added',
  strategy: 'modulo',
  nodesBefore: 2,
  nodesAfter: 3,
  users: 1_000,
  found: { ...tally([]), 'logged-in': 340, 'logged-out': 660 },
  causes: undefined,
  crossReads: { fastifyToKoa: 0, koaToFastify: 0 },
  sawOlder: 0,
  left: 20,
  revived: 3,
  traffic: { ...tally([]), 'logged-in': 100, unavailable: 7 },
  nodeRequests: { seen: 150, baseline: 120 },
  expected: { loggedOut: 0.67, unavailable: 0 },
  eventMs: 400,
  countMs: 900,
  objections: [],
};
const TIMELINE: TimelineRecord = {
  scenario: 'scale-up',
  strategy: 'modulo',
  binMs: 250,
  bins: [
    { atMs: -250, answers: { ...tally([]), 'logged-in': 10 }, older: 0 },
    { atMs: 0, answers: { ...tally([]), 'logged-in': 5, 'logged-out': 5 }, older: 0 },
  ],
  marks: [{ atMs: 0, text: 'a <node> is added' }],
  nodesBefore: ['10.0.0.1:11211', '10.0.0.2:11211'],
  nodesAfter: ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211'],
  itemsBefore: { '10.0.0.1:11211': 500, '10.0.0.2:11211': 500 },
  itemsAfter: { '10.0.0.1:11211': 500, '10.0.0.2:11211': 500, '10.0.0.3:11211': 100 },
};
const REPORT: Report = {
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 61_000,
  runtime: 'embedded',
  runtimeReason: 'it was asked for',
  node: 'v24.0.0',
  nodes: 2,
  users: 1_000,
  apps: 1,
  copies: 1,
  transport: 'text',
  measurements: [MODULO],
  timelines: [TIMELINE],
  asExpected: true,
};

describe('renderPage', () => {
  const page = renderPage(REPORT);

  it('shows who was logged out, and what else was counted', () => {
    expect(page).toContain(
      '<b>66 %</b><small>660 of 1,000</small><small>moved</small><small class="revived-text">3 revived</small>',
    );
    expect(page).toContain('660 of 1,000 <small>(theory: 670)</small>');
    expect(page).toContain('7 of 107');
    expect(page).toContain('+30 <small>(25 %)</small>');
  });

  it('draws half of the height where half of the requests were logged out', () => {
    const [, height] = /<rect class="logged-out" [^>]* height="([\d.]+)"/.exec(page) ?? [];
    const [, top, bottom] =
      /y1="([\d.]+)" y2="\1"\/><text[^>]*>0%<[^]*?y1="([\d.]+)" y2="\2"\/><text[^>]*>50%</.exec(page) ?? [];
    expect(Number(height)).toBeCloseTo(Number(top) - Number(bottom), 0);
  });

  it('draws where keys go, with the share that moves', () => {
    expect(page).toMatch(/<b>modulo<\/b> \d\d %? ?of|<b>modulo<\/b> \d\d % of the keys get another node/);
    expect(page).toContain('class="moves"');
    expect(page).toContain('class="stays"');
  });

  it('can be read without a network, and runs no script', () => {
    expect(page).not.toMatch(/(?:src|href)="(?!#)|@import|url\(|<script/);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('takes no text for markup', () => {
    expect(page).not.toContain('<node>');
    expect(page).toContain('a &#60;node&#62; is added');
  });

  it('says first what is not as expected', () => {
    const judged = renderPage({
      ...REPORT,
      asExpected: false,
      measurements: [{ ...MODULO, strategy: 'sess', objections: ['5 too many'] }],
    });
    expect(judged).toContain('scale-up/added, sess: 5 too many');
    expect(page).not.toContain('Not as expected');
  });
});

describe('percent', () => {
  it('never says all or nothing where it is not', () => {
    expect([percent(1, 2_000), percent(1_999, 2_000), percent(0, 10), percent(10, 10), percent(1, 0)]).toEqual([
      '0.1 %',
      '100.0 %',
      '0 %',
      '100 %',
      '–',
    ]);
  });
});
