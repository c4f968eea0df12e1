/** Makes a failing history smaller as long as it still fails. */
import type { Scenario } from './scenario.ts';
import { World, type Outcome, type WorldOptions } from './world.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
}

export async function shrink(failing: Scenario, options: WorldOptions = {}): Promise<Shrunk> {
  const run = (scenario: Scenario): Promise<Outcome> =>
    new World(scenario.seed, { ...options, scenario, keepLog: true }).run();
  let best: Shrunk = { scenario: failing, outcome: await run(failing) };
  for (let progress = true; progress;) {
    progress = false;
    for (const smaller of smallerThan(best.scenario)) {
      const outcome = await run(smaller);
      if (outcome.violation === undefined) continue;
      best = { scenario: smaller, outcome };
      progress = true;
      break;
    }
  }
  return best;
}

function smallerThan(scenario: Scenario): Scenario[] {
  const { faults, durationMs } = scenario;
  const withoutOne = faults.map((_, index) => ({ ...scenario, faults: faults.filter((__, other) => other !== index) }));
  const fewer = (['processes', 'nodes', 'keys'] as const)
    .filter((what) => scenario[what] > 1)
    .map((what) => ({ ...scenario, [what]: scenario[what] - 1 }));
  const shorter = durationMs > 2_000 ? [{ ...scenario, durationMs: Math.floor(durationMs * 0.7) }] : [];
  return [...withoutOne, ...fewer, ...shorter];
}
