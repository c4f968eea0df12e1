import { CONCURRENCY, type UserGroup } from '../users/user-group.ts';
import { forEachConcurrently } from '../process/for-each-concurrently.ts';
import type { Measurement } from './measurement.ts';
import { missCauses } from './miss-causes.ts';
import { tally, type Outcome } from '../users/outcome.ts';
import type { Progress } from '../process/progress.ts';
import { isRevived, lookAtProfile } from '../users/shop-visit.ts';
import type { User } from '../users/user.ts';

/** The results for the users of one strategy. */
export type UserCount = Pick<
  Measurement,
  'users' | 'found' | 'causes' | 'crossReads' | 'sawOlder' | 'left' | 'revived' | 'countMs'
>;

/**
 * Requests every user's profile once, through the framework that did not log them in. Also tries the cookies of users
 * who logged out.
 */
export async function countUsers(
  groups: readonly UserGroup[],
  signal: AbortSignal,
  progress: Progress,
): Promise<readonly UserCount[]> {
  const total = groups.reduce((sum, group) => sum + group.users.length, 0);
  progress.step('counting who is still logged in', total);
  return Promise.all(groups.map((group) => countOne(group, signal, progress)));
}

async function countOne(group: UserGroup, signal: AbortSignal, progress: Progress): Promise<UserCount> {
  const counted = await countOutcomes(group, signal, progress);
  return { ...counted, causes: await missCauses(group.strategyRun.fleet, counted.found['logged-out']) };
}

async function countOutcomes(
  { balancer, users, traffic }: UserGroup,
  signal: AbortSignal,
  progress: Progress,
): Promise<Omit<UserCount, 'causes'>> {
  const started = performance.now();
  // A user who logs out during the count would count as involuntarily logged out.
  traffic.logouts = false;
  const outcomes: Outcome[] = [];
  const crossReads = { fastifyToKoa: 0, koaToFastify: 0 };
  let [left, revived] = [0, 0];
  const ask = async (user: User): Promise<void> => {
    if (user.left === undefined) {
      const visit = await lookAtProfile(balancer, user, user.loggedInBy === 'fastify' ? 'koa' : 'fastify');
      outcomes.push(visit.outcome);
      if (visit.outcome === 'logged-in' && visit.answeredBy !== user.loggedInBy) {
        crossReads[user.loggedInBy === 'fastify' ? 'fastifyToKoa' : 'koaToFastify'] += 1;
      }
    } else if (user.left.cookie !== undefined) {
      left += 1;
      if (await isRevived(balancer, user)) revived += 1;
    }
    progress.advance();
  };
  await forEachConcurrently(users, CONCURRENCY, ask, signal);
  traffic.logouts = true;
  const sawOlder = users.filter((user) => user.sawOlder).length;
  return {
    users: outcomes.length,
    found: tally(outcomes),
    crossReads,
    sawOlder,
    left,
    revived,
    countMs: Math.round(performance.now() - started),
  };
}
