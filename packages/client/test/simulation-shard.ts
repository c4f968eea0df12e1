/** What a test file runs of the simulated histories: each takes its part, so that they run side by side. */
import { FAULTS, type FaultKind } from './simulation/scenario.ts';
import { shrink } from './simulation/shrink.ts';
import { World } from './simulation/world.ts';

/** All shards together. */
export const SEEDS = Number(process.env['SESS_SIMULATION_SEEDS'] ?? 10_000);

export interface ShardOutcome {
  /** One line for each failing seed, with the least history that fails. */
  readonly failures: readonly string[];
  readonly struck: ReadonlyMap<FaultKind, number>;
  readonly acknowledged: number;
}

export async function runShard(shard: number, shards: number): Promise<ShardOutcome> {
  const failures: string[] = [];
  const struck = new Map<FaultKind, number>();
  let acknowledged = 0;
  for (let seed = 1 + shard; seed <= SEEDS; seed += shards) {
    const world = new World(seed);
    const { violation, faults, operations } = await world.run();
    acknowledged += operations.acknowledged;
    for (const kind of FAULTS) struck.set(kind, (struck.get(kind) ?? 0) + (faults[kind] ?? 0));
    if (violation === undefined) continue;
    const least = await shrink(world.scenario);
    failures.push(`seed ${seed}: ${violation.message}; the least that fails: ${JSON.stringify(least.scenario)}`);
    if (failures.length >= 3) break;
  }
  return { failures, struck, acknowledged };
}
