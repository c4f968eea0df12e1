import { countUsers } from './count-users.ts';
import { gatherCrowds, type Crowd } from './crowd.ts';
import { EVENTS } from './events.ts';
import { expectationOf } from './expectation.ts';
import { objectionsTo, type Measurement } from './measurement.ts';
import type { LabOptions } from './options.ts';
import type { Progress } from './progress.ts';
import type { Phase, Scenario } from './scenarios.ts';
import { everyoneKnows, listedNodes, type Stage } from './stage.ts';
import { since } from './traffic.ts';

/** Background requests that are seen through before an event, so that it meets a working shop, and after it. */
const WARM_UP_REQUESTS = 60;

/** What is the same for all phases of a scenario. */
interface Run {
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly crowds: readonly Crowd[];
  /** Ids of the nodes that the users logged in on. */
  readonly before: readonly string[];
  /** Nodes that hold each session. */
  readonly copies: number;
  readonly progress: Progress;
}

/** Runs `scenario` for all strategies at once, with users who just logged in; one measurement for each phase and strategy. */
export async function runScenario(
  stage: Stage,
  scenario: Scenario,
  { users, copies }: Pick<LabOptions, 'users' | 'copies'>,
  progress: Progress,
): Promise<readonly Measurement[]> {
  const crowds = await gatherCrowds(stage, users, progress);
  const run: Run = { stage, scenario, crowds, before: listedNodes(stage), copies, progress };
  const measurements: Measurement[] = [];
  let victim: string | undefined;
  try {
    for (const phase of scenario.phases) {
      const ended = await runPhase(run, phase, victim);
      victim = ended.victim;
      measurements.push(...ended.measurements);
    }
  } finally {
    await Promise.all(crowds.map((crowd) => crowd.traffic.stop()));
  }
  return measurements;
}

/** The event under traffic, then the count. `befallen` is the node that the phase before befell. */
async function runPhase(
  run: Run,
  phase: Phase,
  befallen: string | undefined,
): Promise<{ readonly victim: string | undefined; readonly measurements: readonly Measurement[] }> {
  const { stage, crowds, progress } = run;
  const event = EVENTS[phase.event];
  const traffic = crowds.map((crowd) => crowd.traffic.counts);
  await trafficGoesOn(run);

  progress.step(`${event.says}, under traffic`);
  const started = performance.now();
  const victim = await event.happen(stage, befallen);
  await everyoneKnows(stage);
  const eventMs = Math.round(performance.now() - started);
  await trafficGoesOn(run);

  const after = listedNodes(stage);
  const counts = await countUsers(crowds, stage.signal, progress);
  const measurements = crowds.map(({ strategy, traffic: now }, place) => {
    // One snapshot and one count for each crowd.
    const [before, count] = [traffic[place], counts[place]];
    if (before === undefined || count === undefined) throw new Error(`nothing was counted for ${strategy.name}`);
    const measured = {
      scenario: run.scenario.name,
      phase: phase.name,
      strategy: strategy.name,
      nodesBefore: run.before.length,
      nodesAfter: after.length,
      ...count,
      traffic: since(before, now.counts),
      expected: expectationOf(phase, strategy, run.copies, { before: asNodes(run.before), after: asNodes(after), victim }),
      eventMs,
    };
    return { ...measured, objections: objectionsTo(measured, strategy.judged) };
  });
  return { victim, measurements };
}

async function trafficGoesOn({ crowds, stage }: Run): Promise<void> {
  await Promise.all(crowds.map((crowd) => crowd.traffic.settled(WARM_UP_REQUESTS, stage.signal)));
}

function asNodes(ids: readonly string[]): readonly { readonly id: string }[] {
  return ids.map((id) => ({ id }));
}
