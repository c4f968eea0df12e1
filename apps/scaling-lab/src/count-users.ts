import { CONCURRENCY, type Crowd } from './crowd.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import type { Measurement } from './measurement.ts';
import { tally, type Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import { lookAtProfile } from './shop-visit.ts';
import type { User } from './user.ts';

/** What became of the users of one strategy. */
export type UserCount = Pick<Measurement, 'users' | 'found' | 'crossReads' | 'cartsBehind' | 'countMs'>;

/** Asks for every user's profile once, through the framework that did not log them in. */
export async function countUsers(crowds: readonly Crowd[], signal: AbortSignal, progress: Progress): Promise<readonly UserCount[]> {
  const total = crowds.reduce((sum, crowd) => sum + crowd.users.length, 0);
  progress.step('counting who is still logged in', total);
  return Promise.all(crowds.map((crowd) => countCrowd(crowd, signal, progress)));
}

async function countCrowd({ balancer, users }: Crowd, signal: AbortSignal, progress: Progress): Promise<UserCount> {
  const started = performance.now();
  const outcomes: Outcome[] = [];
  const crossReads = { fastifyToKoa: 0, koaToFastify: 0 };
  let cartsBehind = 0;
  const ask = async (user: User): Promise<void> => {
    const visit = await lookAtProfile(balancer, user, user.loggedInBy === 'fastify' ? 'koa' : 'fastify');
    outcomes.push(visit.outcome);
    if (visit.outcome === 'logged-in' && visit.answeredBy !== user.loggedInBy) {
      crossReads[user.loggedInBy === 'fastify' ? 'fastifyToKoa' : 'koaToFastify'] += 1;
    }
    if (visit.itemsMissing > 0) cartsBehind += 1;
    progress.advance();
  };
  await forEachConcurrently(users, CONCURRENCY, ask, signal);
  return { users: users.length, found: tally(outcomes), crossReads, cartsBehind, countMs: Math.round(performance.now() - started) };
}
