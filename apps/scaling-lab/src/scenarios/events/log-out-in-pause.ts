import { forEachConcurrently } from '../../concurrency/for-each-concurrently.ts';
import { logOut } from '../../users/shop-visit.ts';
import type { User } from '../../users/user.ts';
import { middleNode } from './node-events.ts';
import { mark, type Happening, type Scene } from './event-context.ts';

/** Users who log out in each of two waves: before and after the apps have noticed that the node hangs. */
const WAVE = 40;

/** A node hangs, users log out, and it goes on with what it held. */
export const logOutInPause: Happening = async (scene) => {
  const { cluster } = scene.site;
  const node = middleNode(scene.site);
  mark(scene, 'a node hangs');
  await cluster.pauseNode(node);
  await wave(scene);
  await wave(scene);
  mark(scene, 'it goes on');
  await cluster.resumeNode(node);
  return undefined;
};

async function wave({ crowd: { balancer, users }, signal }: Scene): Promise<void> {
  const leaving = users.filter((user) => isFree(user)).slice(-Math.min(WAVE, Math.ceil(users.length / 8)));
  await forEachConcurrently(leaving, WAVE, async (user) => void (await logOut(balancer, user)), signal);
}

function isFree({ busy, left }: User): boolean {
  return !busy && left === undefined;
}
