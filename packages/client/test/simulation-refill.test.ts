import { expect, it } from 'vitest';

import { Totals } from './simulation/totals.ts';
import { World } from './simulation/world.ts';

it('in the simulation copies are restored, nodes go because of it, and that loses nothing and brings nothing back', async () => {
  const totals = new Totals();
  for (let seed = 1; seed <= 120; seed += 1) {
    const outcome = await new World(seed).run();
    expect(outcome.violation).toBeUndefined();
    totals.add(outcome);
  }
  for (const name of ['refilled', 'made up for', 'restored', 'gone one by one']) expect.soft(totals.of(name), name).toBeGreaterThan(10);
});
