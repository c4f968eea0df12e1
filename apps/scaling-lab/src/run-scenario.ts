import { EVENTS } from './events.ts';
import { expectationOf, type Change } from './expectation.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import { LoadBalancer, type RequestSender } from './load-balancer.ts';
import { objectionsTo, type Measurement } from './measurement.ts';
import { tally, type Outcome } from './outcome.ts';
import type { LabOptions } from './options.ts';
import type { Progress } from './progress.ts';
import type { Phase, Scenario } from './scenarios.ts';
import { logIn, lookAtProfile } from './shop-visit.ts';
import { everyoneKnows, listedNodes, type Stage } from './stage.ts';
import type { Strategy } from './strategies.ts';
import { since, Traffic } from './traffic.ts';
import { makeUsers, type User } from './user.ts';

/** Requests of one strategy at a time, while all its users log in or are counted. */
const CONCURRENCY = 48;
/** Background requests that are seen through before an event, so that it meets a working shop, and after it. */
const WARM_UP_REQUESTS = 60;

/** The users of one strategy, and the way to its apps. */
interface Crowd {
  readonly strategy: Strategy;
  readonly balancer: RequestSender;
  readonly users: readonly User[];
  readonly traffic: Traffic;
}

/** Runs `scenario` for all strategies at once, with users who just logged in; one measurement for each phase and strategy. */
export async function runScenario(
  stage: Stage,
  scenario: Scenario,
  options: Pick<LabOptions, 'users' | 'copies'>,
  progress: Progress,
): Promise<readonly Measurement[]> {
  const crowds = await gather(stage, options.users, progress);
  try {
    return await runPhases(stage, scenario, crowds, options.copies, progress);
  } finally {
    await Promise.all(crowds.map((crowd) => crowd.traffic.stop()));
  }
}

async function runPhases(
  stage: Stage,
  scenario: Scenario,
  crowds: readonly Crowd[],
  copies: number,
  progress: Progress,
): Promise<readonly Measurement[]> {
  const before = asNodes(listedNodes(stage));
  const measurements: Measurement[] = [];
  let victim: string | undefined;
  for (const phase of scenario.phases) {
    const trafficBefore = crowds.map((crowd) => crowd.traffic.counts);
    await Promise.all(crowds.map((crowd) => crowd.traffic.settled(WARM_UP_REQUESTS, stage.signal)));

    const event = EVENTS[phase.event];
    progress.step(`${event.says}, under traffic`);
    const started = performance.now();
    victim = await event.happen(stage, victim);
    await everyoneKnows(stage);
    const eventMs = Math.round(performance.now() - started);
    await Promise.all(crowds.map((crowd) => crowd.traffic.settled(WARM_UP_REQUESTS, stage.signal)));

    const change: Change = { before, after: asNodes(listedNodes(stage)), victim };
    const counted = await countAll(stage, crowds, progress);
    crowds.forEach((crowd, place) => {
      const traffic = since(trafficBefore[place] ?? tally([]), crowd.traffic.counts);
      const expected = expectationOf(phase, crowd.strategy, copies, change);
      measurements.push(conclude(scenario, phase, crowd, change, { ...(counted[place] ?? NOTHING_COUNTED), traffic, expected, eventMs }));
    });
  }
  return measurements;
}

/** Logs everybody in, and lets them shop. */
async function gather(stage: Stage, count: number, progress: Progress): Promise<readonly Crowd[]> {
  progress.step('logging in', count * stage.fleets.length);
  const groups = await Promise.all(
    stage.fleets.map(async (fleet) => {
      const balancer = new LoadBalancer(fleet);
      const users = makeUsers(fleet.strategy.name, count);
      await logInAll(fleet.strategy, balancer, users, stage.signal, progress);
      return { strategy: fleet.strategy, balancer, users };
    }),
  );
  return groups.map((group) => ({ ...group, traffic: new Traffic(group.balancer, group.users) }));
}

async function logInAll(
  strategy: Strategy,
  balancer: RequestSender,
  users: readonly User[],
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const outcomes: Outcome[] = [];
  const attempt = async (user: User): Promise<void> => {
    outcomes.push(await logIn(balancer, user));
    progress.advance();
  };
  await forEachConcurrently(users, CONCURRENCY, attempt, signal);
  const { 'logged-in': fine, unavailable, failed } = tally(outcomes);
  if (fine < users.length) {
    throw new Error(
      `only ${fine} of ${users.length} users could log in with strategy ${strategy.name}, although nothing had happened yet ` +
        `(${unavailable} got 503, ${failed} another answer or none).`,
    );
  }
}

interface Counted {
  readonly outcomes: readonly Outcome[];
  readonly cartsBehind: number;
  readonly countMs: number;
}
const NOTHING_COUNTED: Counted = { outcomes: [], cartsBehind: 0, countMs: 0 };

/** Asks for every user's profile once, through the framework that did not log them in. */
async function countAll(stage: Stage, crowds: readonly Crowd[], progress: Progress): Promise<readonly Counted[]> {
  progress.step(
    'counting who is still logged in',
    crowds.reduce((sum, crowd) => sum + crowd.users.length, 0),
  );
  return Promise.all(
    crowds.map(async ({ balancer, users }) => {
      const started = performance.now();
      const outcomes: Outcome[] = [];
      let cartsBehind = 0;
      const ask = async (user: User): Promise<void> => {
        const visit = await lookAtProfile(balancer, user, user.loggedInBy === 'fastify' ? 'koa' : 'fastify');
        outcomes.push(visit.outcome);
        if (visit.itemsMissing > 0) cartsBehind += 1;
        progress.advance();
      };
      await forEachConcurrently(users, CONCURRENCY, ask, stage.signal);
      return { outcomes, cartsBehind, countMs: Math.round(performance.now() - started) };
    }),
  );
}

function conclude(
  scenario: Scenario,
  phase: Phase,
  { strategy, users }: Crowd,
  change: Change,
  counted: Counted & Pick<Measurement, 'traffic' | 'expected' | 'eventMs'>,
): Measurement {
  const measured = {
    scenario: scenario.name,
    phase: phase.name,
    strategy: strategy.name,
    nodesBefore: change.before.length,
    nodesAfter: change.after.length,
    users: users.length,
    found: tally(counted.outcomes),
    cartsBehind: counted.cartsBehind,
    traffic: counted.traffic,
    expected: counted.expected,
    eventMs: counted.eventMs,
    countMs: counted.countMs,
  };
  return { ...measured, objections: objectionsTo(measured, strategy.judged) };
}

function asNodes(ids: readonly string[]): readonly { readonly id: string }[] {
  return ids.map((id) => ({ id }));
}
