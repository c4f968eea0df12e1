import { describe, expect, it } from 'vitest';
import type { Measurement } from '../measure/measurement.ts';
import { tally } from '../users/outcome.ts';
import { table } from './table.ts';

const MODULO: Measurement = {
  scenario: 'scale-up',
  phase: 'added',
  strategy: 'modulo',
  nodesBefore: 3,
  nodesAfter: 4,
  users: 2_000,
  found: { ...tally([]), 'logged-in': 500, 'logged-out': 1_500 },
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
  it('shows every count in its column, under its title', () => {
    const [titles = '', rule = '', row = ''] = table([MODULO]).split('\n');
    expect(titles.split(/ {2,}/)).toEqual([
      'event',
      'strategy',
      'still logged in',
      'logged out',
      'expected',
      'out of reach',
      'expected',
      'older state',
      'revived',
      'failed',
      'extra',
    ]);
    expect(rule).toMatch(/^[─ ]+$/);
    expect(row.split(/ {2,}/)).toEqual([
      'scale-up, added (3→4)',
      'modulo',
      '███·······',
      '25.0 %',
      '1,500',
      '1,501',
      '0',
      '0',
      '1',
      '2 of 20',
      '9 of 1,009',
      '+30 (25 %)',
    ]);
  });

  it('names an event once for the strategies that lived through it', () => {
    const rows = table([KETAMA, MODULO]).split('\n').slice(2);
    expect(rows[0]).toMatch(/^scale-up, added \(3→4\) {2}ketama/);
    expect(rows[1]).toMatch(/^ +modulo/);
  });

  it('tells those out of reach from those logged out in the picture', () => {
    const crash = {
      ...KETAMA,
      nodesAfter: 3,
      found: { ...tally([]), 'logged-in': 1_000, 'logged-out': 500, unavailable: 500 },
    };
    expect(table([crash])).toContain('█████░░░··  50.0 %');
  });

  it('shows where theory says nothing', () => {
    expect(table([KETAMA]).split('\n')[2]).toMatch(/ 500 +– /);
  });

  it('never says that everybody is logged in when one is not', () => {
    const almost = { ...KETAMA, found: { ...tally([]), 'logged-in': 1_999, 'logged-out': 1 } };
    expect(table([almost])).toContain('99.9 %');
  });
});
