import { describe, expect, it } from 'vitest';
import type { Measurement } from '../measure/measurement.ts';
import { tally } from '../users/outcome.ts';
import { sentence } from './sentence.ts';
import { detailsTable, LEGEND, table, wrapped } from './table.ts';

const MODULO: Measurement = {
  scenario: 'scale-up',
  phase: 'added',
  strategy: 'modulo',
  nodesBefore: 3,
  nodesAfter: 4,
  users: 2_000,
  found: { ...tally([]), 'logged-in': 500, 'logged-out': 1_500 },
  causes: undefined,
  crossReads: { fastifyToKoa: 250, koaToFastify: 250 },
  sawOlder: 1,
  left: 20,
  revived: 2,
  nodeRequests: { seen: 150, baseline: 120 },
  traffic: { ...tally([]), 'logged-in': 1_000, unavailable: 7, failed: 2 },
  expected: { loggedOut: 0.7504, unavailable: 0 },
  eventMs: 400,
  countMs: 900,
  objections: [],
};
const KETAMA: Measurement = {
  ...MODULO,
  strategy: 'ketama',
  expected: { loggedOut: undefined, unavailable: 0 },
  found: { ...tally([]), 'logged-in': 1_500, 'logged-out': 500 },
};

describe('table', () => {
  it('shows every count in its column, under its title, with the event above', () => {
    const [titles = '', rule = '', empty, heading, row = ''] = table([MODULO]).split('\n');
    expect(titles.split(/ {2,}/)).toEqual(['strategy', 'still logged in', 'logged out', 'theory', 'error', 'why']);
    expect(rule).toMatch(/^[─ ]+$/);
    expect([empty, heading]).toEqual(['', 'scale-up, added (3→4)']);
    expect(row.split(/ {2,}/)).toEqual(['modulo', '██······', '25.0 %', '1,500', '1,501', '0', 'moved']);
    const [, , , , details = ''] = detailsTable([MODULO]).split('\n');
    expect(details.split(/ {2,}/)).toEqual(['modulo', '1', '2 of 20', '9 of 1,009', '+30 (25 %)', '0']);
  });

  it('names an event once for the strategies that lived through it', () => {
    const lines = table([KETAMA, MODULO, { ...MODULO, phase: 'dropped' }])
      .split('\n')
      .slice(2);
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      '',
      'scale-up, added (3→4)',
      'ketama',
      'modulo',
      '',
      'scale-up, dropped (3→4)',
      'modulo',
    ]);
  });

  it('tells those out of reach from those logged out in the picture', () => {
    const crash = {
      ...KETAMA,
      nodesAfter: 3,
      found: { ...tally([]), 'logged-in': 1_000, 'logged-out': 500, unavailable: 500 },
    };
    expect(table([crash])).toContain('████░░··  50.0 %');
  });

  it('shows where theory says nothing', () => {
    expect(table([KETAMA])).toMatch(/ 500 +– /);
  });

  it('says why: what the apps found out, or what the event leaves', () => {
    const sess = { ...MODULO, strategy: 'sess' };
    const lost: Measurement = { ...sess, causes: [{ cause: 'node-lost', share: 1 }] };
    const mixed: Measurement = {
      ...sess,
      causes: [
        { cause: 'node-lost', share: 0.96 },
        { cause: 'unknown', share: 0.04 },
      ],
    };
    expect(table([lost])).toMatch(/ node lost$/m);
    expect(table([mixed])).toMatch(/ node lost 96 %$/m);
    expect(table([{ ...MODULO, scenario: 'scale-down' }])).toMatch(/ moved, or lost$/m);
    expect(table([{ ...sess, found: { ...tally([]), 'logged-in': 10 }, causes: [] }])).toMatch(/ 0$/m);
  });

  it('fits a terminal of 80 columns, with all that it says', () => {
    const most = {
      ...MODULO,
      strategy: 'sess-database',
      causes: [
        { cause: 'other-cluster' as const, share: 0.96 },
        { cause: 'unknown' as const, share: 0.04 },
      ],
      scenario: 'rolling-replacement',
      users: 100_000,
      found: { ...tally([]), 'logged-in': 12_345, 'logged-out': 87_654, unavailable: 10_000 },
    };
    const text = [table([most]), detailsTable([most]), ...LEGEND.map((line) => wrapped(line, 80))].join('\n');
    for (const line of text.split('\n')) expect([line.length <= 80, line]).toEqual([true, line]);
  });

  it('begins with what was shown', () => {
    expect(sentence([MODULO, KETAMA])).toBe(
      'One change of nodes or apps, while up to 2,000 users of each strategy shopped; logged out by it: 1,500 with modulo, 500 with ketama.',
    );
  });

  it('never says that everybody is logged in when one is not', () => {
    const almost = { ...KETAMA, found: { ...tally([]), 'logged-in': 1_999, 'logged-out': 1 } };
    expect(table([almost])).toContain('99.9 %');
  });
});
