import { expect, it } from 'vitest';

import { FAULTS } from './simulation/scenario.ts';
import { runShard, SEEDS } from './simulation-shard.ts';

it('loses no session and revives none in simulated histories with faults (1 of 2)', { timeout: 600_000 }, async () => {
  const { failures, struck, acknowledged } = await runShard(0, 2);
  expect(failures).toEqual([]);
  // The histories did what they are for.
  expect(acknowledged).toBeGreaterThan(SEEDS * 20);
  for (const kind of FAULTS) expect.soft(struck.get(kind), kind).toBeGreaterThan(SEEDS / 200);
  console.error(`simulated faults: ${[...struck].map(([kind, times]) => `${kind} ${times}`).join(', ')}`);
});
