/** What a test file runs of the simulated histories: each takes its part, so that they run side by side. */
import { expect, inject, it } from 'vitest';

import { FAULTS, shrink, Totals, World } from './simulated.ts';

/** All shards together. */
const SEEDS = Number(process.env['SESS_SIMULATION_SEEDS'] ?? 10_000);
/** One a core of a small machine: each process begins with compiling. */
const SHARDS = 2;
const ENOUGH_FAILURES = 3;
/**
 * Processor time for a shard, in milliseconds: a slow machine takes it for fewer histories. In the long form, or when their number is asked for, none are
 * left out.
 */
const BUDGET_MS: number = inject('long') || process.env['SESS_SIMULATION_SEEDS'] !== undefined ? Infinity : 30_000;
/** What a shard simulates whatever it takes. */
const LEAST = 1_000;

/** What else must have come about, by its name in the totals. */
const CONSEQUENCES = ['slow', 'lost', 'late', 'timeouts', 'conflicts', 'drained', 'refilled', 'made up for', 'restored', 'gone one by one'];

/** `shard`: from 0. */
export function testShard(shard: number): void {
  const title = `loses no session and revives none in simulated histories with faults (${shard + 1} of ${SHARDS})`;
  it(title, { timeout: 600_000 }, async () => {
    const { failures, totals, histories, leftOut } = await runShard(shard);
    expect(failures).toEqual([]);
    // The histories did what they are for.
    expect(totals.of('acknowledged')).toBeGreaterThan(histories * 20);
    for (const name of [...FAULTS, ...CONSEQUENCES]) expect.soft(totals.of(name), name).toBeGreaterThan(histories / 200);
    const rest = leftOut === 0 ? '' : `; ${leftOut} more would have taken too long here, SESS_TEST_LONG=1 simulates all`;
    console.error(`simulated in ${histories} histories: ${totals.entries.map(([name, times]) => `${name} ${times}`).join(', ')}${rest}`);
  });
}

interface ShardOutcome {
  /** One line for each failing seed, with the least history that fails. */
  readonly failures: readonly string[];
  readonly totals: InstanceType<typeof Totals>;
  readonly histories: number;
  readonly leftOut: number;
}

async function runShard(shard: number): Promise<ShardOutcome> {
  const wanted = Math.ceil((SEEDS - shard) / SHARDS);
  const failures: string[] = [];
  const totals = new Totals();
  const before = process.cpuUsage();
  let histories = 0;
  while (histories < wanted && failures.length < ENOUGH_FAILURES && (histories < LEAST || millisecondsSince(before) < BUDGET_MS)) {
    const seed = 1 + shard + SHARDS * histories;
    histories += 1;
    const world = new World(seed);
    const outcome = await world.run();
    totals.add(outcome);
    if (outcome.violation === undefined) continue;
    const least = await shrink(world.scenario);
    failures.push(`seed ${seed}: ${outcome.violation.message}; the least that fails: ${JSON.stringify(least.scenario)}`);
  }
  return { failures, totals, histories, leftOut: wanted - histories };
}

/** Of this process on any processor. */
function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
