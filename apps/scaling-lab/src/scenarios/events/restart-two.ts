import { listedNodes } from '../../environment/environment.ts';
import { forEachConcurrently } from '../../process/for-each-concurrently.ts';
import { lookAtProfile } from '../../users/shop-visit.ts';
import { CONCURRENCY } from '../../users/user-group.ts';
import { everyoneKnows, mark, type EventAction, type EventContext } from './event-context.ts';

/** A node restarts and is empty, every user sends a request, then the next node restarts. */
export const restartTwo: EventAction = async (context) => {
  const victims = listedNodes(context.strategyRun).slice(0, 2);
  for (const [place, victim] of victims.entries()) {
    mark(context, place === 0 ? 'a node restarts' : 'the next one');
    await context.strategyRun.cluster.restartNode(victim);
    await everyoneKnows(context);
    if (place === 0) await everybodyComesBy(context);
  }
  return victims;
};

/** Reads every session, which restores the copies that the node lost. */
async function everybodyComesBy({ group: { balancer, users }, signal }: EventContext): Promise<void> {
  const loggedIn = users.filter(({ left }) => left === undefined);
  await forEachConcurrently(loggedIn, CONCURRENCY, async (user) => void (await lookAtProfile(balancer, user)), signal);
}
