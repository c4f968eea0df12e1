import { forEachConcurrently } from '../../process/for-each-concurrently.ts';
import { logOut } from '../../users/shop-visit.ts';
import type { User } from '../../users/user.ts';
import { middleNode } from './node-events.ts';
import { mark, type EventAction, type EventContext } from './event-context.ts';

/** Most users who log out in each of two waves: before and after the apps notice that the node hangs. */
const WAVE = 40;

/** A node hangs, users log out, and the node resumes with its old items. */
export const logOutInPause: EventAction = async (context) => {
  const { cluster } = context.strategyRun;
  const node = middleNode(context.strategyRun);
  mark(context, 'a node hangs');
  await cluster.pauseNode(node);
  await wave(context);
  await wave(context);
  mark(context, 'it goes on');
  await cluster.resumeNode(node);
  return [];
};

async function wave({ group: { balancer, users }, signal }: EventContext): Promise<void> {
  const leaving = users.filter((user) => isFree(user)).slice(-Math.min(WAVE, Math.ceil(users.length / 8)));
  await forEachConcurrently(leaving, WAVE, async (user) => void (await logOut(balancer, user)), signal);
}

function isFree({ busy, left }: User): boolean {
  return !busy && left === undefined;
}
