/** What a test file runs of the simulated histories: each takes its part, so that they run side by side. */
import { expect, it } from 'vitest';

import type { Profile } from './simulation/scenario.ts';
import { FAULTS, HARSH_FAULTS, shrink, Totals, World } from './simulated.ts';

/** All shards together. */
const SEEDS = Number(process.env['SESS_SIMULATION_SEEDS'] ?? 8_000);
/** A core each of a small machine; more would compile as many times what they run. */
const SHARDS = 2;
/** One of so many histories is harsh: it takes about twice the time of a usual one. */
const HARSH_EVERY = 5;
const ENOUGH_FAILURES = 3;

/** What else must have come about, by its name in the totals. */
const CONSEQUENCES = [
  'slow',
  'lost',
  'late',
  'timeouts',
  'conflicts',
  'drained',
  'refilled',
  'made up for',
  'restored',
  'gone one by one',
];

/** `shard`: from 0. */
export function testShard(shard: number): void {
  const histories = Math.ceil((SEEDS - shard) / SHARDS);
  const title = `loses no session and revives none in simulated histories with faults (${shard + 1} of ${SHARDS})`;
  it(title, { timeout: 1_800_000 }, async () => {
    const { failures, totals } = await simulate({ first: 1 + shard, last: SEEDS, step: SHARDS }, (seed) =>
      seed % HARSH_EVERY === 0 ? 'harsh' : 'usual',
    );
    expect(failures).toEqual([]);
    // The histories did what they are for.
    expect(totals.of('acknowledged')).toBeGreaterThan(histories * 20);
    for (const name of [...FAULTS, ...CONSEQUENCES])
      expect.soft(totals.of(name), name).toBeGreaterThan(histories / 200);
    for (const name of HARSH_FAULTS) expect.soft(totals.of(name), name).toBeGreaterThan(histories / HARSH_EVERY / 200);
    report(histories, totals);
  });
}

export function report(histories: number, totals: Simulated['totals']): void {
  console.error(
    `simulated in ${histories} histories: ${totals.entries.map(([name, times]) => `${name} ${times}`).join(', ')}`,
  );
}

interface Simulated {
  /** One line for each failing seed, with the least history that fails. */
  readonly failures: readonly string[];
  readonly totals: InstanceType<typeof Totals>;
}

/** Every `step`-th seed from `first` to `last`. */
export async function simulate(
  { first, last, step }: { readonly first: number; readonly last: number; readonly step: number },
  profileOf: (seed: number) => Profile,
): Promise<Simulated> {
  const failures: string[] = [];
  const totals = new Totals();
  for (let seed = first; seed <= last && failures.length < ENOUGH_FAILURES; seed += step) {
    const profile = profileOf(seed);
    const world = new World(seed, { profile });
    const outcome = await world.run();
    totals.add(outcome);
    if (outcome.violation === undefined) continue;
    const least = await shrink(world.scenario, { profile });
    failures.push(
      `${profile} seed ${seed}: ${outcome.violation.message}; the least that fails: ${JSON.stringify(least.scenario)}`,
    );
  }
  return { failures, totals };
}
