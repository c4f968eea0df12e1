import { countUsers } from './count-users.ts';
import { gatherCrowds, type Crowd } from '../users/users.ts';
import { EVENTS } from '../scenarios/events/events.ts';
import { expectationOf } from './expectation.ts';
import { objectionsTo, type Measurement, type NodeRequests } from './measurement.ts';
import type { LabOptions } from '../command/options.ts';
import type { Tally } from '../users/outcome.ts';
import type { Progress } from '../command/progress.ts';
import type { Phase, Scenario } from '../scenarios/scenarios.ts';
import { everyProcessKnows, listedNodes } from '../environment/strategy-run.ts';
import type { Stage } from '../environment/environment.ts';
import { copiesOf } from '../apps/strategies.ts';
import type { TimelineRecord } from '../users/timeline.ts';
import { since } from '../users/traffic.ts';

/** Background requests before an event, which tell what requests cost the nodes; and after it, so that the shop has met it. */
const REQUESTS_BEFORE = 80;
const REQUESTS_AFTER = 40;

/** What is the same for all phases of a scenario. */
interface Run {
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly crowds: readonly Crowd[];
  readonly copies: number;
  readonly listsKeys: boolean;
  readonly progress: Progress;
}

/** How a crowd was found before anything happened. */
interface Before {
  readonly nodes: readonly string[];
  readonly items: Readonly<Record<string, number>>;
}

/** Where counters stood at a moment. */
interface Counters {
  readonly traffic: Tally;
  readonly answered: number;
  readonly commands: number;
}

export interface ScenarioResult {
  readonly measurements: readonly Measurement[];
  readonly timelines: readonly TimelineRecord[];
}

/** Runs `scenario` for all strategies at once, with users who just logged in; one measurement for each phase and strategy. */
export async function runScenario(
  stage: Stage,
  scenario: Scenario,
  { users, copies, transport }: Pick<LabOptions, 'users' | 'copies' | 'transport'>,
  progress: Progress,
): Promise<ScenarioResult> {
  const crowds = await gatherCrowds(stage, users, progress);
  const run: Run = { stage, scenario, crowds, copies, listsKeys: transport === 'text', progress };
  const measurements: Measurement[] = [];
  for (const { site } of crowds) site.meter.start();
  try {
    const before = await Promise.all(crowds.map((crowd) => lookBefore(crowd)));
    let victims: readonly (string | undefined)[] = [];
    for (const phase of scenario.phases) {
      const ended = await runPhase(run, phase, before, victims);
      victims = ended.victims;
      measurements.push(...ended.measurements);
    }
    await Promise.all(crowds.map((crowd) => crowd.traffic.stop()));
    return { measurements, timelines: await Promise.all(crowds.map((crowd, place) => record(run, crowd, before[place]))) };
  } finally {
    for (const { site } of crowds) site.meter.stop();
    await Promise.all(crowds.map((crowd) => crowd.traffic.stop()));
  }
}

/** The event under traffic, then the count. `befallen` are the nodes that the phase before befell. */
async function runPhase(
  run: Run,
  phase: Phase,
  before: readonly Before[],
  befallen: readonly (string | undefined)[],
): Promise<{ readonly victims: readonly (string | undefined)[]; readonly measurements: readonly Measurement[] }> {
  const { stage, crowds, progress } = run;
  const event = EVENTS[phase.event];
  progress.step('traffic, to compare with');
  const costs = await Promise.all(crowds.map((crowd) => costOfRequests(crowd, stage.signal)));

  progress.step(`${event.says}, under traffic`);
  const happened = await Promise.all(crowds.map((crowd, place) => happen(crowd, phase, befallen[place], stage.signal)));
  const counts = await countUsers(crowds, stage.signal, progress);
  const measurements = crowds.map(({ site }, place): Measurement => {
    // One of each for each crowd.
    const [was, cost, what, count] = [before[place], costs[place], happened[place], counts[place]];
    if (was === undefined || cost === undefined || what === undefined || count === undefined) throw new Error('nothing was counted');
    const after = listedNodes(site);
    const change = { before: asNodes(was.nodes), after: asNodes(after), victim: what.victim };
    const measured = {
      scenario: run.scenario.name,
      phase: phase.name,
      strategy: site.strategy.name,
      nodesBefore: was.nodes.length,
      nodesAfter: after.length,
      ...count,
      traffic: what.traffic,
      nodeRequests: { seen: what.commands, baseline: Math.round(cost * what.answered) } satisfies NodeRequests,
      expected: expectationOf(phase, site.strategy, copiesOf(site.strategy, run.copies), change, run.listsKeys),
      eventMs: what.eventMs,
    };
    return { ...measured, objections: objectionsTo(measured, site.strategy.judged, phase.mayBeStale ?? false) };
  });
  return { victims: happened.map(({ victim }) => victim), measurements };
}

/** Node requests for each background request, while nothing happens. */
async function costOfRequests(crowd: Crowd, signal: AbortSignal): Promise<number> {
  const begin = await countersOf(crowd);
  await crowd.traffic.settled(REQUESTS_BEFORE, signal);
  const end = await countersOf(crowd);
  return (end.commands - begin.commands) / (end.answered - begin.answered);
}

/** Resolves when the strategy's processes know of it, and have gone on for a while. */
async function happen(
  crowd: Crowd,
  phase: Phase,
  befallen: string | undefined,
  signal: AbortSignal,
): Promise<Counters & { readonly victim: string | undefined; readonly eventMs: number }> {
  const { site, traffic } = crowd;
  const begin = await countersOf(crowd);
  const started = performance.now();
  const victim = await EVENTS[phase.event].happen({ site, crowd, victim: befallen, signal });
  await everyProcessKnows(site, signal);
  const eventMs = Math.round(performance.now() - started);
  crowd.timeline.mark('every process knows');
  await traffic.settled(REQUESTS_AFTER, signal);
  const end = await countersOf(crowd);
  return {
    traffic: since(begin.traffic, end.traffic),
    answered: end.answered - begin.answered,
    commands: end.commands - begin.commands,
    victim,
    eventMs,
  };
}

async function countersOf({ site, traffic }: Crowd): Promise<Counters> {
  await site.meter.look();
  return { traffic: traffic.counts, answered: traffic.answered, commands: site.meter.commands };
}

async function lookBefore({ site }: Crowd): Promise<Before> {
  await site.meter.look();
  return { nodes: listedNodes(site), items: site.meter.items };
}

async function record({ scenario }: Run, { site, timeline }: Crowd, before: Before | undefined): Promise<TimelineRecord> {
  await site.meter.look();
  return {
    scenario: scenario.name,
    strategy: site.strategy.name,
    ...timeline.record,
    nodesBefore: before?.nodes ?? [],
    nodesAfter: listedNodes(site),
    itemsBefore: before?.items ?? {},
    itemsAfter: site.meter.items,
  };
}

function asNodes(ids: readonly string[]): readonly { readonly id: string }[] {
  return ids.map((id) => ({ id }));
}
