import { expect, it } from 'vitest';

import { FAULTS } from './simulation/scenario.ts';
import { runShard } from './simulation-shard.ts';

it('loses no session and revives none in simulated histories with faults (4 of 4)', { timeout: 600_000 }, async () => {
  const { failures, totals, seeds } = await runShard(3);
  expect(failures).toEqual([]);
  // The histories did what they are for.
  expect(totals.of('acknowledged')).toBeGreaterThan(seeds * 20);
  for (const name of [...FAULTS, 'drained', 'late', 'timeouts', 'conflicts', 'refilled', 'made up for', 'gone one by one'])
    expect.soft(totals.of(name), name).toBeGreaterThan(seeds / 200);
  console.error(`simulated in ${seeds} histories: ${totals.entries.map(([name, times]) => `${name} ${times}`).join(', ')}`);
});
