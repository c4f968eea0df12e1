import { listedNodes, type Site } from '../../environment/strategy-run.ts';
import { everyoneKnows, mark, type Happening, type Scene } from './event-context.ts';

/** Adds nodes one after another; the apps see them come at about the same time. */
export function addNodes(count: number): Happening {
  return async (scene) => {
    mark(scene, count === 1 ? 'a node is added' : `${count} nodes are added`);
    for (let added = 0; added < count; added += 1) await scene.site.cluster.addNode();
    return undefined;
  };
}

export const removeLastNode: Happening = async (scene) => {
  const last = listedNodes(scene.site).at(-1);
  if (last === undefined) throw new Error('there is no node to remove');
  await takeAway(scene, last);
  return last;
};

export const upAndDown: Happening = async (scene) => {
  await addNodes(1)(scene);
  await everyoneKnows(scene);
  return removeLastNode(scene);
};

export const crashNode: Happening = async (scene) => {
  const victim = middleNode(scene.site);
  mark(scene, 'a node crashes');
  await scene.site.cluster.crashNode(victim);
  return victim;
};

export const dropVictim: Happening = async (scene) => {
  if (scene.victim === undefined) throw new Error('no node has crashed');
  mark(scene, 'it leaves the list');
  await scene.site.cluster.removeNode(scene.victim);
  return scene.victim;
};

export const replaceNode: Happening = async (scene) => {
  const victim = await crashNode(scene);
  if (victim === undefined) return undefined;
  mark(scene, 'another takes its place');
  await scene.site.cluster.addNode();
  await scene.site.cluster.removeNode(victim);
  return victim;
};

export const restartNode: Happening = async (scene) => {
  const victim = middleNode(scene.site);
  mark(scene, 'a node restarts');
  await scene.site.cluster.restartNode(victim);
  return victim;
};

/** A machine is exchanged: its name stays on the list, and so does the version of the list. */
export const replaceInPlace: Happening = async (scene) => {
  const victim = await crashNode(scene);
  if (victim === undefined) return undefined;
  // Long enough for requests to have met it.
  await scene.crowd.traffic.settled(60, scene.signal);
  mark(scene, 'an empty one answers');
  await scene.site.cluster.restartNode(victim);
  return victim;
};

/** `afterEach`: what is waited for between one node and the next. */
function replaceEvery(afterEach: (scene: Scene, gone: string) => Promise<void>): Happening {
  return async (scene) => {
    for (const [place, node] of listedNodes(scene.site).entries()) {
      mark(scene, `+${place + 1}`);
      await scene.site.cluster.addNode();
      await everyoneKnows(scene);
      await takeAway(scene, node, `−${place + 1}`);
      await everyoneKnows(scene);
      await afterEach(scene, node);
    }
    return undefined;
  };
}

export const replaceEveryNode: Happening = replaceEvery(async () => undefined);

/** As docs/scaling.md has it done with two copies. */
export const replaceEveryNodeInPeace: Happening = replaceEvery(async (scene, gone) => {
  await scene.site.fleet.copiesRestored(gone, scene.signal);
  mark(scene, 'copies restored');
});

/** On purpose: with a strategy that drains, the node is emptied before. */
async function takeAway(scene: Scene, node: string, text = 'it is taken away'): Promise<void> {
  const { cluster, fleet, strategy } = scene.site;
  if (strategy.drains) {
    mark(scene, 'drain');
    await fleet.drain(node);
  }
  mark(scene, text);
  await cluster.removeNode(node);
}

/** Neither the first nor the last, which some distributions treat more kindly. */
export function middleNode(site: Site): string {
  const nodes = listedNodes(site);
  const node = nodes[Math.floor(nodes.length / 2)];
  if (node === undefined) throw new Error('there is no node');
  return node;
}
