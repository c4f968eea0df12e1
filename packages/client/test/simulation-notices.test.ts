import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { MUTATIONS, shrink, UNPROMISED, World } from './simulated.ts';

/** Within so many histories a broken client must be found out. */
const ENOUGH_SEEDS = 700;

type Scenario = InstanceType<typeof World>['scenario'];

/**
 * What hardly any history shows that is drawn at random: the faults that the mutation leaves a client unprotected from.
 */
const TELLING: Partial<Record<(typeof MUTATIONS)[number], (seed: number) => Scenario>> = {
  'fence that stands still': (seed) =>
    withFaults('harsh', seed, ['node stops behind a late list', 'node stops behind a late list'], 1),
  'no history': (seed) =>
    withFaults('harsh', seed, ['distribution changes by rolling', 'distribution changes by rolling']),
  'stale elder': (seed) => withFaults('usual', seed, ['node joins', 'node leaves', 'node joins', 'node leaves']),
};

/** The scenario of a seed with these faults instead of its own, one after the other. */
function withFaults(
  profile: Scenario['profile'],
  seed: number,
  kinds: readonly Scenario['faults'][number]['kind'][],
  copies?: number,
): Scenario {
  const drawn = new World(seed, { profile }).scenario;
  const everyMs = drawn.durationMs / (kinds.length + 2);
  return {
    ...drawn,
    copies: copies ?? drawn.copies,
    nodes: Math.max(drawn.nodes, 3),
    processes: Math.max(drawn.processes, 2),
    faults: kinds.map((kind, index) => ({ kind, at: Math.floor(everyMs * (index + 1)), forMs: 1_500 })),
  };
}

describe('the simulation', () => {
  it.each(MUTATIONS)('notices a %s', { timeout: 300_000 }, async (mutation) => {
    let noticed: number | undefined;
    for (let seed = 1; seed <= ENOUGH_SEEDS && noticed === undefined; seed += 1) {
      const scenario = TELLING[mutation]?.(seed);
      const { violation } = await new World(seed, { mutation, ...(scenario && { scenario }) }).run();
      if (violation !== undefined) noticed = seed;
    }
    expect(noticed).toBeDefined();
  });

  it('excuses nothing but what the documentation says is not promised', () => {
    const told = readFileSync(new URL('../../../docs/scaling.md', import.meta.url), 'utf8').replaceAll(/\n\s*/g, ' ');
    for (const sentence of Object.values(UNPROMISED)) expect(told).toContain(sentence);
  });

  it('replays a seed exactly', async () => {
    for (const seed of [3, 14, 15]) {
      const first = await new World(seed, { keepLog: true }).run();
      const second = await new World(seed, { keepLog: true }).run();
      expect(second.log).toEqual(first.log);
      expect(first.log.length).toBeGreaterThan(10);
    }
  });

  it('shrinks a failing history to one that still fails', { timeout: 300_000 }, async () => {
    const mutation = 'forgotten tombstone';
    for (let seed = 1; seed <= ENOUGH_SEEDS; seed += 1) {
      const world = new World(seed, { mutation });
      if ((await world.run()).violation === undefined) continue;
      const { scenario, outcome } = await shrink(world.scenario, { mutation });
      expect(outcome.violation).toBeDefined();
      expect(scenario.faults.length).toBeLessThanOrEqual(world.scenario.faults.length);
      expect(scenario.durationMs).toBeLessThanOrEqual(world.scenario.durationMs);
      return;
    }
    expect.fail('nothing to shrink was found');
  });
});
