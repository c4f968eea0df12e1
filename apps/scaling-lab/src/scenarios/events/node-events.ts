import { listedNodes, type StrategyRun } from '../../environment/environment.ts';
import { ZONES, zonesOf } from '../../environment/zones.ts';
import { everyoneKnows, mark, type EventAction, type EventContext } from './event-context.ts';

/** Adds nodes one after another. The apps see them at about the same time. */
export function addNodes(count: number): EventAction {
  return async (context) => {
    mark(context, count === 1 ? 'a node is added' : `${count} nodes are added`);
    for (let added = 0; added < count; added += 1) await context.strategyRun.cluster.addNode();
    return [];
  };
}

export const removeLastNode: EventAction = async (context) => {
  const last = listedNodes(context.strategyRun).at(-1);
  if (last === undefined) throw new Error('there is no node to remove');
  await takeAway(context, last);
  return [last];
};

export const upAndDown: EventAction = async (context) => {
  await addNodes(1)(context);
  await everyoneKnows(context);
  return removeLastNode(context);
};

export const crashNode: EventAction = async (context) => {
  const victim = middleNode(context.strategyRun);
  mark(context, 'a node crashes');
  await context.strategyRun.cluster.crashNode(victim);
  return [victim];
};

export const dropVictims: EventAction = async (context) => {
  const { victims } = context;
  if (victims.length === 0) throw new Error('no node has crashed');
  mark(context, victims.length === 1 ? 'it leaves the list' : 'they leave the list');
  for (const victim of victims) await context.strategyRun.cluster.removeNode(victim);
  return victims;
};

/** Crashes all nodes of a zone at the same time. */
export const crashZone: EventAction = async (context) => {
  const { cluster } = context.strategyRun;
  const zones = zonesOf(listedNodes(context.strategyRun));
  const lost = Object.keys(zones).filter((node) => zones[node] === ZONES[1]);
  mark(context, 'a zone is lost');
  await Promise.all(lost.map((node) => cluster.crashNode(node)));
  return lost;
};

export const replaceNode: EventAction = async (context) => {
  const victims = await crashNode(context);
  mark(context, 'another takes its place');
  await context.strategyRun.cluster.addNode();
  for (const victim of victims) await context.strategyRun.cluster.removeNode(victim);
  return victims;
};

export const restartNode: EventAction = async (context) => {
  const victim = middleNode(context.strategyRun);
  mark(context, 'a node restarts');
  await context.strategyRun.cluster.restartNode(victim);
  return [victim];
};

/** Replaces a node in place: its name stays listed, and the version of the list stays the same. */
export const replaceInPlace: EventAction = async (context) => {
  const victims = await crashNode(context);
  // Long enough for requests to reach the crashed node.
  await context.group.traffic.settled(60, context.signal);
  mark(context, 'an empty one answers');
  for (const victim of victims) await context.strategyRun.cluster.restartNode(victim);
  return victims;
};

/** @param afterEach runs after each node, before the next one */
function replaceEvery(afterEach: (context: EventContext, gone: string) => Promise<void>): EventAction {
  return async (context) => {
    for (const [place, node] of listedNodes(context.strategyRun).entries()) {
      mark(context, `+${place + 1}`);
      await context.strategyRun.cluster.addNode();
      await everyoneKnows(context);
      await takeAway(context, node, `−${place + 1}`);
      await everyoneKnows(context);
      await afterEach(context, node);
    }
    return [];
  };
}

export const replaceEveryNode: EventAction = replaceEvery(async () => undefined);

/** As docs/scaling.md describes for two copies. */
export const replaceEveryNodeInPeace: EventAction = replaceEvery(async (context, gone) => {
  await context.strategyRun.fleet.copiesRestored(gone, context.signal);
  mark(context, 'copies restored');
});

/** Removes a node on purpose: a strategy that drains drains it before. */
async function takeAway(context: EventContext, node: string, text = 'it is taken away'): Promise<void> {
  const { cluster, fleet, strategy } = context.strategyRun;
  if (strategy.drains) {
    mark(context, 'drain');
    await fleet.drain(node);
  }
  mark(context, text);
  await cluster.removeNode(node);
}

/** Neither the first nor the last node: with some distributions, their loss moves fewer keys. */
export function middleNode(strategyRun: StrategyRun): string {
  const nodes = listedNodes(strategyRun);
  const node = nodes[Math.floor(nodes.length / 2)];
  if (node === undefined) throw new Error('there is no node');
  return node;
}
