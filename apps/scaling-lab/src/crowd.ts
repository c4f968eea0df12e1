import type { AppFleet } from './app-fleet.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import { LoadBalancer, type RequestSender } from './load-balancer.ts';
import { tally, type Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import { logIn } from './shop-visit.ts';
import type { Stage } from './stage.ts';
import type { Strategy } from './strategies.ts';
import { Traffic } from './traffic.ts';
import { makeUsers, type User } from './user.ts';

/** Requests of one strategy at a time, while all its users log in or are counted. */
export const CONCURRENCY = 48;

/** The users of one strategy, and the way to its apps. */
export interface Crowd {
  readonly strategy: Strategy;
  readonly balancer: RequestSender;
  readonly users: readonly User[];
  /** Runs until it is stopped. */
  readonly traffic: Traffic;
}

/**
 * Logs `count` users per strategy in, and lets them shop.
 *
 * Rejects when not all of them could log in: then there is nothing to measure.
 */
export async function gatherCrowds(stage: Stage, count: number, progress: Progress): Promise<readonly Crowd[]> {
  progress.step('logging in', count * stage.fleets.length);
  const groups = await Promise.all(stage.fleets.map((fleet) => logInAll(fleet, count, stage.signal, progress)));
  return groups.map((group) => ({ ...group, traffic: new Traffic(group.balancer, group.users) }));
}

async function logInAll(fleet: AppFleet, count: number, signal: AbortSignal, progress: Progress): Promise<Omit<Crowd, 'traffic'>> {
  const { strategy } = fleet;
  const balancer = new LoadBalancer(fleet);
  const users = makeUsers(strategy.name, count);
  const outcomes: Outcome[] = [];
  const attempt = async (user: User): Promise<void> => {
    outcomes.push(await logIn(balancer, user));
    progress.advance();
  };
  await forEachConcurrently(users, CONCURRENCY, attempt, signal);

  const { 'logged-in': fine, unavailable, failed } = tally(outcomes);
  if (fine === count) return { strategy, balancer, users };
  throw new Error(
    `only ${fine} of ${count} users could log in with strategy ${strategy.name}, although nothing had happened yet ` +
      `(${unavailable} got 503, ${failed} another answer or none).`,
  );
}
