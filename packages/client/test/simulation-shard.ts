/** What a test file runs of the simulated histories: each takes its part, so that they run side by side. */
import { shrink } from './simulation/shrink.ts';
import { Totals } from './simulation/totals.ts';
import { World } from './simulation/world.ts';

/** All shards together. */
const SEEDS = Number(process.env['SESS_SIMULATION_SEEDS'] ?? 10_000);
const SHARDS = 4;
const ENOUGH_FAILURES = 3;

export interface ShardOutcome {
  /** One line for each failing seed, with the least history that fails. */
  readonly failures: readonly string[];
  readonly totals: Totals;
  /** How many histories this shard is to run. */
  readonly seeds: number;
}

/** `shard`: from 0. */
export async function runShard(shard: number): Promise<ShardOutcome> {
  const failures: string[] = [];
  const totals = new Totals();
  for (let seed = 1 + shard; seed <= SEEDS && failures.length < ENOUGH_FAILURES; seed += SHARDS) {
    const world = new World(seed);
    const outcome = await world.run();
    totals.add(outcome);
    if (outcome.violation === undefined) continue;
    const least = await shrink(world.scenario);
    failures.push(`seed ${seed}: ${outcome.violation.message}; the least that fails: ${JSON.stringify(least.scenario)}`);
  }
  return { failures, totals, seeds: Math.ceil((SEEDS - shard) / SHARDS) };
}
