import type { AppFleet } from '../apps/app-fleet.ts';
import { forEachConcurrently } from '../process/for-each-concurrently.ts';
import { LoadBalancer, type RequestSender } from '../apps/load-balancer.ts';
import type { Progress } from '../process/progress.ts';
import { logIn } from './shop-visit.ts';
import type { Environment, StrategyRun } from '../environment/environment.ts';
import { Timeline } from './timeline.ts';
import { Traffic } from './traffic.ts';
import { makeUsers, type User } from './user.ts';

/** Concurrent requests per strategy while its users log in or are counted. */
export const CONCURRENCY = 32;
/** Users retry a login, because it may fail on a connection that an idle library had closed. */
const LOGIN_ATTEMPTS = 3;

/** The users of one strategy, and the load balancer of its apps. */
export interface UserGroup {
  readonly strategyRun: StrategyRun;
  readonly balancer: RequestSender;
  readonly users: readonly User[];
  /** Runs until it is stopped. */
  readonly traffic: Traffic;
  readonly timeline: Timeline;
}

/**
 * Logs `count` users per strategy in, and lets them shop.
 *
 * Rejects if any of them could not log in: then there is nothing to measure.
 */
export async function logInEverybody(
  environment: Environment,
  count: number,
  progress: Progress,
): Promise<readonly UserGroup[]> {
  progress.step('logging in', count * environment.strategyRuns.length);
  const groups = await Promise.all(
    environment.strategyRuns.map(async (strategyRun) => ({
      strategyRun,
      ...(await logInAll(strategyRun.fleet, count, environment.signal, progress)),
    })),
  );
  return groups.map((group) => {
    const timeline = new Timeline();
    return { ...group, timeline, traffic: new Traffic(group.balancer, group.users, timeline) };
  });
}

async function logInAll(
  fleet: AppFleet,
  count: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Pick<UserGroup, 'balancer' | 'users'>> {
  const { strategy } = fleet;
  const balancer = new LoadBalancer(fleet);
  const users = makeUsers(strategy.name, count);
  const refused: string[] = [];
  const attempt = async (user: User): Promise<void> => {
    let outcome = await logIn(balancer, user);
    for (let left = LOGIN_ATTEMPTS - 1; outcome !== 'logged-in' && left > 0; left -= 1)
      outcome = await logIn(balancer, user);
    if (outcome !== 'logged-in') refused.push(outcome);
    progress.advance();
  };
  await forEachConcurrently(users, CONCURRENCY, attempt, signal);
  if (refused.length === 0) return { balancer, users };
  throw new Error(
    `only ${count - refused.length} of ${count} users could log in with strategy ${strategy.name}, although nothing had happened yet ` +
      `(the others: ${[...new Set(refused)].join(', ')}).`,
  );
}
