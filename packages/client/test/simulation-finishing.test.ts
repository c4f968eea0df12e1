import { expect, it } from 'vitest';

import { FINISHING_FAULTS, shrink, Totals, World } from './simulated.ts';

const SEEDS = 600;
/** One of so many histories is harsh. */
const HARSH_EVERY = 4;
const ENOUGH_FAILURES = 3;

it(
  'loses no session and revives none in simulated histories whose handovers are finished',
  { timeout: 1_800_000 },
  async () => {
    const failures: string[] = [];
    const totals = new Totals();
    for (let seed = 1; seed <= SEEDS && failures.length < ENOUGH_FAILURES; seed += 1) {
      const profile = seed % HARSH_EVERY === 0 ? 'harsh finishing' : 'finishing';
      const world = new World(seed, { profile });
      const outcome = await world.run();
      totals.add(outcome);
      if (outcome.violation === undefined) continue;
      const least = await shrink(world.scenario, { profile });
      failures.push(
        `${profile} seed ${seed}: ${outcome.violation.message}; the least that fails: ${JSON.stringify(least.scenario)}`,
      );
    }
    expect(failures).toEqual([]);
    expect(totals.of('finished')).toBeGreaterThan(SEEDS / 2);
    expect(totals.of('carried to finish')).toBeGreaterThan(SEEDS / 4);
    for (const name of [...FINISHING_FAULTS, 'retired', 'finishes interrupted'])
      expect.soft(totals.of(name), name).toBeGreaterThan(SEEDS / 50);
    console.error(
      `simulated in ${SEEDS} histories: ${totals.entries.map(([name, times]) => `${name} ${times}`).join(', ')}`,
    );
  },
);
