import { expect, it } from 'vitest';

import { FINISHING_FAULTS } from './simulated.ts';
import { report, simulate } from './simulation-shard.ts';

const SEEDS = 600;
/** One of so many histories is harsh. */
const HARSH_EVERY = 4;

it(
  'loses no session and revives none in simulated histories whose handovers are finished',
  { timeout: 1_800_000 },
  async () => {
    const { failures, totals } = await simulate({ first: 1, last: SEEDS, step: 1 }, (seed) =>
      seed % HARSH_EVERY === 0 ? 'harsh finishing' : 'finishing',
    );
    expect(failures).toEqual([]);
    expect(totals.of('finished')).toBeGreaterThan(SEEDS / 2);
    expect(totals.of('carried to finish')).toBeGreaterThan(SEEDS / 4);
    for (const name of [...FINISHING_FAULTS, 'retired', 'finishes interrupted'])
      expect.soft(totals.of(name), name).toBeGreaterThan(SEEDS / 50);
    report(SEEDS, totals);
  },
);
