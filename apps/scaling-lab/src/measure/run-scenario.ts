import type { RingNode } from '@sess/hash-ring';
import { countUsers } from './count-users.ts';
import { logInEverybody, type UserGroup } from '../users/user-group.ts';
import { EVENTS } from '../scenarios/events/events.ts';
import { expectationOf } from './expectation.ts';
import { objectionsTo, type Measurement, type NodeRequests } from './measurement.ts';
import type { EnvironmentOptions } from '../environment/open-environment.ts';
import type { Tally } from '../users/outcome.ts';
import type { Progress } from '../process/progress.ts';
import type { Phase, Scenario } from '../scenarios/scenarios.ts';
import { everyProcessKnows, listedNodes, type Environment } from '../environment/environment.ts';
import { copiesOf } from '../apps/strategies.ts';
import type { TimelineRecord } from '../users/timeline.ts';
import { since } from '../users/traffic.ts';
import { zonesOf, type NodeZones } from '../environment/zones.ts';

/**
 * Number of background requests before an event, to measure the node requests that each costs; and after the event, so
 * that its effect shows.
 */
const REQUESTS_BEFORE = 80;
const REQUESTS_AFTER = 40;

/** What all phases of a scenario share. */
interface ScenarioRun {
  readonly environment: Environment;
  readonly scenario: Scenario;
  readonly groups: readonly UserGroup[];
  readonly copies: number;
  readonly listsKeys: boolean;
  readonly progress: Progress;
}

/** A group's state before the first event. */
interface Before {
  readonly nodes: readonly string[];
  readonly items: Readonly<Record<string, number>>;
}

/** The counters at one time. */
interface Counters {
  readonly traffic: Tally;
  readonly answered: number;
  readonly commands: number;
}

export interface ScenarioResult {
  readonly measurements: readonly Measurement[];
  readonly timelines: readonly TimelineRecord[];
}

/**
 * Runs `scenario` for all strategies at once, with users who just logged in; one measurement for each phase and
 * strategy.
 */
export async function runScenario(
  environment: Environment,
  scenario: Scenario,
  { users, copies, transport }: Pick<EnvironmentOptions, 'copies' | 'transport'> & { readonly users: number },
  progress: Progress,
): Promise<ScenarioResult> {
  const groups = await logInEverybody(environment, users, progress);
  const scenarioRun: ScenarioRun = { environment, scenario, groups, copies, listsKeys: transport === 'text', progress };
  const measurements: Measurement[] = [];
  for (const { strategyRun } of groups) strategyRun.meter.start();
  try {
    const before = await Promise.all(groups.map((group) => lookBefore(group)));
    let victims: readonly (readonly string[])[] = [];
    for (const phase of scenario.phases) {
      const ended = await runPhase(scenarioRun, phase, before, victims);
      victims = ended.victims;
      measurements.push(...ended.measurements);
    }
    await Promise.all(groups.map((group) => group.traffic.stop()));
    return {
      measurements,
      timelines: await Promise.all(groups.map((group, place) => record(scenarioRun, group, before[place]))),
    };
  } finally {
    for (const { strategyRun } of groups) strategyRun.meter.stop();
    await Promise.all(groups.map((group) => group.traffic.stop()));
  }
}

/** Runs the event under traffic, then counts the users. `befallen`: the nodes that the previous phase affected. */
async function runPhase(
  scenarioRun: ScenarioRun,
  phase: Phase,
  before: readonly Before[],
  befallen: readonly (readonly string[])[],
): Promise<{ readonly victims: readonly (readonly string[])[]; readonly measurements: readonly Measurement[] }> {
  const { environment, groups, progress } = scenarioRun;
  const event = EVENTS[phase.event];
  progress.step('traffic, to compare with');
  const costs = await Promise.all(groups.map((group) => costOfRequests(group, environment.signal)));

  progress.step(`${event.says}, under traffic`);
  const happened = await Promise.all(
    groups.map((group, place) => happen(group, phase, befallen[place] ?? [], environment.signal)),
  );
  const counts = await countUsers(groups, environment.signal, progress);
  const measurements = groups.map(({ strategyRun }, place): Measurement => {
    // Each list has one entry per group.
    const [was, cost, what, count] = [before[place], costs[place], happened[place], counts[place]];
    if (was === undefined || cost === undefined || what === undefined || count === undefined)
      throw new Error('nothing was counted');
    const after = listedNodes(strategyRun);
    const zones = strategyRun.strategy.zones ? zonesOf(was.nodes) : {};
    const change = { before: asNodes(was.nodes, zones), after: asNodes(after, zones), victims: what.victims };
    const measured = {
      scenario: scenarioRun.scenario.name,
      phase: phase.name,
      strategy: strategyRun.strategy.name,
      nodesBefore: was.nodes.length,
      nodesAfter: after.length,
      ...count,
      traffic: what.traffic,
      nodeRequests: { seen: what.commands, baseline: Math.round(cost * what.answered) } satisfies NodeRequests,
      expected: expectationOf(
        phase,
        strategyRun.strategy,
        copiesOf(strategyRun.strategy, scenarioRun.copies),
        change,
        scenarioRun.listsKeys,
      ),
      eventMs: what.eventMs,
    };
    return { ...measured, objections: objectionsTo(measured, strategyRun.strategy.judged, phase.mayBeStale ?? false) };
  });
  return { victims: happened.map(({ victims }) => victims), measurements };
}

/** Node requests per background request, before any event. */
async function costOfRequests(group: UserGroup, signal: AbortSignal): Promise<number> {
  const begin = await countersOf(group);
  await group.traffic.settled(REQUESTS_BEFORE, signal);
  const end = await countersOf(group);
  return (end.commands - begin.commands) / (end.answered - begin.answered);
}

/** Runs the event. Resolves when the strategy's processes have noticed it and have served traffic for a while. */
async function happen(
  group: UserGroup,
  phase: Phase,
  befallen: readonly string[],
  signal: AbortSignal,
): Promise<Counters & { readonly victims: readonly string[]; readonly eventMs: number }> {
  const { strategyRun, traffic } = group;
  const begin = await countersOf(group);
  const started = performance.now();
  const victims = await EVENTS[phase.event].happen({ strategyRun, group, victims: befallen, signal });
  await everyProcessKnows(strategyRun, signal);
  const eventMs = Math.round(performance.now() - started);
  group.timeline.mark('every process knows');
  await traffic.settled(REQUESTS_AFTER, signal);
  const end = await countersOf(group);
  return {
    traffic: since(begin.traffic, end.traffic),
    answered: end.answered - begin.answered,
    commands: end.commands - begin.commands,
    victims,
    eventMs,
  };
}

async function countersOf({ strategyRun, traffic }: UserGroup): Promise<Counters> {
  await strategyRun.meter.look();
  return { traffic: traffic.counts, answered: traffic.answered, commands: strategyRun.meter.commands };
}

async function lookBefore({ strategyRun }: UserGroup): Promise<Before> {
  await strategyRun.meter.look();
  return { nodes: listedNodes(strategyRun), items: strategyRun.meter.items };
}

async function record(
  { scenario }: ScenarioRun,
  { strategyRun, timeline }: UserGroup,
  before: Before | undefined,
): Promise<TimelineRecord> {
  await strategyRun.meter.look();
  return {
    scenario: scenario.name,
    strategy: strategyRun.strategy.name,
    ...timeline.record,
    nodesBefore: before?.nodes ?? [],
    nodesAfter: listedNodes(strategyRun),
    itemsBefore: before?.items ?? {},
    itemsAfter: strategyRun.meter.items,
  };
}

function asNodes(ids: readonly string[], zones: NodeZones): readonly RingNode[] {
  return ids.map((id) => {
    const zone = zones[id];
    return zone === undefined ? { id } : { id, zone };
  });
}
