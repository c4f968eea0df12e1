import { describe, expect, it } from 'vitest';

import { tally } from '../users/outcome.ts';
import { demoTable, type MeasuredDemo } from './demo-table.ts';

const RUN = { startedAt: '2030-01-01T00:00:00.000Z', durationMs: 1, runtime: 'memcached', node: 'v20', users: 3 };

function measured(strategy: string, outcomes: Parameters<typeof tally>[0]): MeasuredDemo['measurements'][number] {
  return {
    scenario: 'crash',
    phase: 'dropped',
    strategy,
    nodesBefore: 3,
    nodesAfter: 2,
    users: 3,
    found: tally(outcomes),
    sawOlder: 0,
    left: 0,
    revived: 0,
  };
}

describe('demoTable', () => {
  it('has a row for each event and a column for each strategy, in their order, with who was logged out or is out of reach', () => {
    const measurements = [
      measured('sess-2-copies', ['logged-in', 'logged-in', 'logged-in']),
      measured('modulo', ['logged-in', 'logged-out', 'unavailable']),
      { ...measured('modulo', ['logged-out']), scenario: 'scale-up', phase: 'added', nodesAfter: 4 },
    ];
    expect(demoTable({ ...RUN, measurements })).toBe(
      [
        '| event | `modulo`: memjs as most people run it | `sess-2-copies` |',
        '| --- | --- | --- |',
        '| it left the list (3→2) | 1, and 1 out of reach | 0 |',
        '| a node is added (3→4) | 1 | – |',
      ].join('\n'),
    );
  });
});
